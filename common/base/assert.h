#pragma once

namespace foreshock {

/// Reports a broken invariant and aborts: the service restarts and recovers from spool and journal.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace foreshock

/// For invariants of our own code. What the outside world may get wrong is an Error, never this.
#define FS_ASSERT(expression)             \
  (static_cast<bool>(expression) ? void() \
                                 : ::foreshock::assertion_failed(#expression, __FILE__, __LINE__))

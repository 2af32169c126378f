#pragma once

#include <chrono>

namespace foreshock {

/// How long the calling thread may run before another that waits has its turn, at least 0.1 ms. The
/// shorter, the sooner it runs after it wakes: its deadline comes forward by as much. Since Linux
/// 6.12; before, nothing changes.
/// Source: Stoica & Abdel-Wahab, "Earliest eligible virtual deadline first" (1995).
void set_thread_slice(std::chrono::nanoseconds slice);

}  // namespace foreshock

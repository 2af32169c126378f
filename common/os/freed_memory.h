#pragma once

#include <cstddef>

namespace foreshock {

/// So much of what this program frees is kept for what it asks for next, in each of the allocator's
/// arenas. Given back to the kernel at once, as the allocator does by itself, what one batch took
/// is faulted in anew page by page for the next, which costs more than what is done with it.
void keep_freed_memory(std::size_t bytes);

}  // namespace foreshock

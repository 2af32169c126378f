#include "common/os/freed_memory.h"

#include <malloc.h>

namespace foreshock {

void keep_freed_memory(std::size_t bytes) {
  ::mallopt(M_MMAP_THRESHOLD, static_cast<int>(bytes));
  ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(bytes));
}

}  // namespace foreshock

#include "coordinator/sequence/huge_array.h"

#include <new>

#include <sys/mman.h>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

void HugeMemory::Unmap::operator()(void* memory) const {
  munmap(memory, bytes);
}

HugeMemory::HugeMemory(std::size_t bytes) : mapped_(nullptr, Unmap{0}), data_(nullptr) {
  const std::size_t whole_pages = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  std::size_t left = whole_pages + kHugePage;  // of which the aligned part is used
  void* memory = mmap(nullptr, left, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mapped_ = {memory, Unmap{left}};
  data_ = std::align(kHugePage, whole_pages, memory, left);
  madvise(data_, whole_pages, MADV_HUGEPAGE);
}

}  // namespace foreshock::coordinator

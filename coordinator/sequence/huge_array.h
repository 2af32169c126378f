#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace foreshock::coordinator {

/// Zeroed memory on huge pages, where the kernel has them: looked at here and there, it needs no
/// walk through page tables, and it is there after a few faults instead of thousands. Taken as it
/// is touched.
class HugeMemory {
 public:
  /// std::bad_alloc where there is none.
  explicit HugeMemory(std::size_t bytes);
  void* data() const { return data_; }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(void* memory) const;
  };
  std::unique_ptr<void, Unmap> mapped_;
  void* data_;
};

/// A fixed number of elements there, all of their bytes 0 at first.
template <typename Element>
class HugeArray {
  static_assert(std::is_trivially_copyable_v<Element>);

 public:
  explicit HugeArray(std::size_t size) : memory_(size * sizeof(Element)), size_(size) {}

  std::size_t size() const { return size_; }
  Element& operator[](std::size_t i) { return elements()[i]; }
  const Element& operator[](std::size_t i) const { return elements()[i]; }

 private:
  Element* elements() const { return static_cast<Element*>(memory_.data()); }

  HugeMemory memory_;
  std::size_t size_;
};

}  // namespace foreshock::coordinator

#include "agent/capture/ring_reader.h"

#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "common/base/assert.h"

namespace foreshock::agent {

namespace {

// A record's header is its length, with these two flags, and four bytes that are the kernel's own.
constexpr std::uint32_t kBusy = 1u << 31;
constexpr std::uint32_t kDiscarded = 1u << 30;
constexpr std::uint64_t kHeaderBytes = 8;

// Pairs with the kernel's store-release of the same word.
template <typename T>
T load_acquire(const T* word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

std::uint64_t record_bytes(std::uint64_t payload) {
  return (kHeaderBytes + payload + 7) & ~std::uint64_t{7};
}

std::size_t page_bytes() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

RingReader::RingReader(const RingMemory& memory)
    : memory_(memory),
      position_(load_acquire(memory.consumer_position)),
      next_(position_),
      released_(position_) {}

std::uint64_t RingReader::end() const {
  return load_acquire(memory_.producer_position);
}

Result<std::optional<ByteView>> RingReader::peek() {
  while (true) {
    const std::uint64_t available = end() - position_;
    if (available == 0) return std::optional<ByteView>();
    const std::byte* const header = memory_.data + (position_ & (memory_.bytes - 1));
    const auto word = load_acquire(reinterpret_cast<const std::uint32_t*>(header));
    if ((word & kBusy) != 0) return std::optional<ByteView>();
    const std::uint64_t payload = word & ~(kBusy | kDiscarded);
    if (available > memory_.bytes || record_bytes(payload) > available) {
      return Error(ErrorCode::corrupt, "ring buffer: a record reaches beyond its end");
    }
    next_ = position_ + record_bytes(payload);
    if ((word & kDiscarded) == 0) return std::optional(ByteView(header + kHeaderBytes, payload));
    advance();
  }
}

void RingReader::release_through(std::uint64_t position) {
  FS_ASSERT(position <= position_);
  if (position <= released_) return;
  released_ = position;
  __atomic_store_n(memory_.consumer_position, position, __ATOMIC_RELEASE);
}

Result<RingMapping> RingMapping::make(int map_fd, std::size_t ring_bytes) {
  const std::size_t page = page_bytes();
  void* const consumer = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (consumer == MAP_FAILED) return error_from_errno("map the ring buffer's consumer page");
  void* const rest = ::mmap(nullptr, page + 2 * ring_bytes, PROT_READ, MAP_SHARED, map_fd,
                            static_cast<off_t>(page));
  if (rest == MAP_FAILED) {
    auto error = error_from_errno("map the ring buffer");
    ::munmap(consumer, page);
    return error;
  }
  return RingMapping(static_cast<std::byte*>(consumer), static_cast<std::byte*>(rest), ring_bytes);
}

RingMapping::RingMapping(std::byte* consumer, std::byte* producer_and_data, std::size_t ring_bytes)
    : consumer_(consumer), producer_and_data_(producer_and_data), ring_bytes_(ring_bytes) {}

RingMapping::RingMapping(RingMapping&& other) noexcept
    : consumer_(std::exchange(other.consumer_, nullptr)),
      producer_and_data_(std::exchange(other.producer_and_data_, nullptr)),
      ring_bytes_(other.ring_bytes_) {}

RingMapping::~RingMapping() {
  if (consumer_ == nullptr) return;
  ::munmap(consumer_, page_bytes());
  ::munmap(producer_and_data_, page_bytes() + 2 * ring_bytes_);
}

RingMemory RingMapping::memory() const {
  return {.consumer_position = reinterpret_cast<std::uint64_t*>(consumer_),
          .producer_position = reinterpret_cast<const std::uint64_t*>(producer_and_data_),
          .data = producer_and_data_ + page_bytes(),
          .bytes = ring_bytes_};
}

}  // namespace foreshock::agent

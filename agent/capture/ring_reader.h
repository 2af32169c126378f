#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// The memory of a BPF ring buffer (kernel: Documentation/bpf/ringbuf.rst), as libbpf maps it as
/// well.
struct RingMemory {
  std::uint64_t* consumer_position = nullptr;  ///< ours to write: all before it may be overwritten
  const std::uint64_t* producer_position = nullptr;  ///< the kernel's
  const std::byte* data = nullptr;  ///< `bytes` of it, followed by the same bytes again
  std::uint64_t bytes = 0;          ///< a power of two
};

/// Reads a BPF ring buffer ahead of what it gives back.
///
/// libbpf's reader gives a record's space back as soon as its callback returns. This one keeps it
/// until release_through(), so that whoever reads the ring next, after a crash, meets what was not
/// yet safe elsewhere. Borrows the memory. One thread.
class RingReader {
 public:
  /// Starts at what was not released.
  explicit RingReader(const RingMemory& memory);

  /// The record at position(), or nothing when there is none yet, or it is still being written.
  /// `corrupt` when lengths lead outside of the ring: there is no way to go on then.
  Result<std::optional<ByteView>> peek();
  /// Moves behind the record that peek() has shown.
  void advance() { position_ = next_; }

  std::uint64_t position() const { return position_; }
  /// Where the producers are now.
  std::uint64_t end() const;
  /// Gives back the space up to a position once returned by position(); an older one changes
  /// nothing.
  void release_through(std::uint64_t position);

 private:
  RingMemory memory_;
  std::uint64_t position_;
  std::uint64_t next_;
  std::uint64_t released_;
};

/// The ring mapped into this process.
class RingMapping {
 public:
  static Result<RingMapping> make(int map_fd, std::size_t ring_bytes);
  RingMapping(RingMapping&& other) noexcept;
  RingMapping& operator=(RingMapping&&) = delete;
  ~RingMapping();

  RingMemory memory() const;

 private:
  RingMapping(std::byte* consumer, std::byte* producer_and_data, std::size_t ring_bytes);
  std::byte* consumer_;
  std::byte* producer_and_data_;
  std::size_t ring_bytes_;
};

}  // namespace foreshock::agent

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace foreshock::coordinator {

/// Names a command within one CommandVocabulary.
using CommandId = std::uint32_t;

/// One command that came after a context.
struct Successor {
  CommandId command = 0;
  std::uint8_t count = 0;    ///< times, saturating
  std::uint8_t history = 0;  ///< the context's last eight visits, newest in bit 0: was it this one?
  std::uint16_t share = 0;   ///< of 65535: how often of late, the newest visit counting most
};

/// What came after one context: its seven most usual successors. One cache line.
struct alignas(64) SuccessorNode {
  std::uint32_t check = 0;  ///< of the context's hash; 0: free
  std::uint16_t visits = 0;
  std::uint8_t used = 0;
  std::uint8_t worth = 0;  ///< what is worth least makes room; falls while others need room
  std::array<Successor, 7> slots{};

  std::span<const Successor> successors() const { return {slots.data(), used}; }
  /// `command` came after it. @param memory  visits that a share goes back over, about.
  void learn(CommandId command, float memory);
};
static_assert(sizeof(SuccessorNode) == 64);

/// Contexts by their hash, bounded: a new one takes the place of the least worthy of the four that
/// it may lie in. One thread.
class SuccessorTable {
 public:
  /// @param nodes  room for so many contexts, 64 bytes each, rounded up to a power of two. Memory
  /// is taken as it is used.
  explicit SuccessorTable(std::size_t nodes);

  /// To be called some time before find().
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&nodes_[bucket(hash)]); }
  /// Absent: the context was not seen, or was forgotten.
  SuccessorNode* find(std::uint64_t hash);
  SuccessorNode& find_or_add(std::uint64_t hash);
  std::size_t capacity() const { return mask_ + 1; }

 private:
  struct Unmap {
    std::size_t bytes;
    void operator()(void* memory) const;
  };
  static constexpr std::size_t kWays = 4;

  std::size_t bucket(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & mask_ & ~(kWays - 1);
  }
  static std::uint32_t check_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) | 1;
  }

  std::size_t mask_;
  std::unique_ptr<void, Unmap> memory_;
  SuccessorNode* nodes_;
};

}  // namespace foreshock::coordinator

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "coordinator/sequence/huge_array.h"

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

/// What came after one context: its seven most usual successors. One cache line, by quantity: what
/// a visit changes of all successors is done at once.
struct alignas(64) SuccessorNode {
  static constexpr std::size_t kMost = 7;

  std::array<CommandId, kMost> commands{};
  std::uint16_t visits = 0;
  std::uint8_t used = 0;
  // The eighth fills up what one instruction works on, and stays 0 like those that are free.
  std::array<std::uint8_t, kMost + 1> counts{};
  std::array<std::uint8_t, kMost + 1> histories{};
  std::array<std::uint16_t, kMost + 1> shares{};

  /// @param slot  below `used`
  Successor successor(std::size_t slot) const {
    return {commands[slot], counts[slot], histories[slot], shares[slot]};
  }
  /// `command` came after it. @param memory  visits that a share goes back over, about.
  void learn(CommandId command, std::size_t memory);
};
static_assert(sizeof(SuccessorNode) == 64);

/// Contexts by their hash, bounded: a new one takes the place of the least worthy of the four that
/// it may lie in. Which contexts lie in a bucket is told by its tags alone, so that one that is not
/// there, as most long ones are not, costs no look at nodes. Nodes are used from the first one on:
/// a short history needs little memory, and contexts that came up together lie together. One
/// thread.
class SuccessorTable {
 public:
  /// @param nodes  room for so many contexts, 72 bytes each, rounded up to a power of two. Memory
  /// is taken as it is used.
  explicit SuccessorTable(std::size_t nodes);

  /// To be called some time before find().
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&tags_[bucket(hash)]); }
  /// Absent: the context was not seen, or was forgotten.
  SuccessorNode* find(std::uint64_t hash);
  /// To be called some time before learn() of a context that find() did not find.
  void prefetch_new(std::uint64_t hash) const;
  /// `command` came after the context, which is remembered from now on.
  void learn(std::uint64_t hash, CommandId command, std::size_t memory);
  std::size_t capacity() const { return mask_ + 1; }

 private:
  /// Of the context that lies in a place.
  struct Tag {
    std::uint32_t check : 24;  ///< of its hash; 0: the place is free
    std::uint32_t worth : 8;   ///< the least makes room; falls while others need room
    std::uint32_t node;        ///< its node, which the place keeps once it has one
  };
  static_assert(sizeof(Tag) == 8);
  static constexpr std::size_t kWays = 4;

  std::size_t bucket(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash) & mask_ & ~(kWays - 1);
  }
  static std::uint32_t check_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 40) | 1;
  }
  /// The context's place, or the number of places where it has none.
  std::size_t place_of(std::uint64_t hash) const;
  std::size_t least_worthy(std::size_t bucket) const;
  /// Where the node of a place is, or will be.
  std::size_t node_of(const Tag& tag) const { return tag.check == 0 ? used_ : tag.node; }

  std::size_t mask_;
  std::size_t used_ = 0;  ///< nodes
  HugeArray<SuccessorNode> nodes_;
  HugeArray<Tag> tags_;
};

}  // namespace foreshock::coordinator

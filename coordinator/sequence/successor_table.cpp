#include "coordinator/sequence/successor_table.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace foreshock::coordinator {

namespace {

constexpr std::uint32_t kWholeShare = 65535;
constexpr std::size_t kLongestMemory = 64;  // visits

/// How much of 65536 the newest of so many visits says. Not quite 1/visits, so that a single visit
/// leaves room for doubt.
constexpr auto kNewestSays = [] {
  std::array<std::uint16_t, kLongestMemory + 1> parts{};
  for (std::size_t visits = 1; visits < parts.size(); ++visits) {
    parts[visits] = static_cast<std::uint16_t>(65536 / (static_cast<double>(visits) + 0.4));
  }
  return parts;
}();

std::uint16_t part_of(std::uint32_t share, std::uint16_t part) {
  return static_cast<std::uint16_t>(share * part >> 16);
}

/// A bit for each slot in use that is the command's: one or none.
unsigned slots_of(CommandId command, const SuccessorNode& node) {
  unsigned slots = 0;
  // All of them: which it is cannot be foreseen, and a wrong guess costs more.
  for (std::size_t slot = 0; slot < SuccessorNode::kMost; ++slot)
    slots |= (node.commands[slot] == command ? 1U : 0U) << slot;
  return slots & ((1U << node.used) - 1);
}

/// The slot of a command that is new to the node: a free one, else that of the smallest share.
std::size_t make_room(SuccessorNode& node) {
  if (node.used < SuccessorNode::kMost) return node.used++;
  const auto keeps = [&](std::size_t slot) {
    return node.shares[slot] + (node.histories[slot] & 1) * 65536;
  };
  std::size_t least = 0;
  for (std::size_t slot = 1; slot < SuccessorNode::kMost; ++slot)
    if (keeps(slot) < keeps(least)) least = slot;
  return least;
}

}  // namespace

void SuccessorNode::learn(CommandId command, std::size_t memory) {
  const unsigned known = slots_of(command, *this);
  auto seen = static_cast<std::size_t>(std::countr_zero(known));
  if (known == 0) {
    seen = make_room(*this);
    commands[seen] = command;
    counts[seen] = 0;
    histories[seen] = 0;
    shares[seen] = 0;
  }
  if (visits < std::numeric_limits<std::uint16_t>::max()) ++visits;
  if (counts[seen] < std::numeric_limits<std::uint8_t>::max()) ++counts[seen];

  // A mean over the visits at first, then one that forgets.
  const std::uint16_t newest = kNewestSays[std::min({std::size_t{visits}, memory, kLongestMemory})];
  for (auto& share : shares) share = static_cast<std::uint16_t>(share - part_of(share, newest));
  for (auto& history : histories) history = static_cast<std::uint8_t>(history << 1);
  shares[seen] = static_cast<std::uint16_t>(shares[seen] + part_of(kWholeShare, newest));
  histories[seen] |= 1;
}

SuccessorTable::SuccessorTable(std::size_t nodes)
    : mask_(std::bit_ceil(std::max(nodes, kWays)) - 1), nodes_(mask_ + 1), tags_(mask_ + 1) {}

std::size_t SuccessorTable::place_of(std::uint64_t hash) const {
  const std::size_t first = bucket(hash);
  const std::uint32_t check = check_of(hash);
  std::size_t found = capacity();
  // All four, whichever it is: which one cannot be foreseen, and a wrong guess costs more.
  for (std::size_t place = first; place < first + kWays; ++place) {
    found = tags_[place].check == check ? place : found;
  }
  return found;
}

std::size_t SuccessorTable::least_worthy(std::size_t bucket) const {
  std::size_t least = bucket;
  for (std::size_t place = bucket + 1; place < bucket + kWays; ++place) {
    if (tags_[place].worth < tags_[least].worth) least = place;
  }
  return least;
}

SuccessorNode* SuccessorTable::find(std::uint64_t hash) {
  const std::size_t place = place_of(hash);
  if (place == capacity()) return nullptr;
  SuccessorNode& node = nodes_[tags_[place].node];
  __builtin_prefetch(&node);
  return &node;
}

void SuccessorTable::prefetch_new(std::uint64_t hash) const {
  __builtin_prefetch(&nodes_[node_of(tags_[least_worthy(bucket(hash))])], 1);
}

void SuccessorTable::learn(std::uint64_t hash, CommandId command, std::size_t memory) {
  std::size_t place = place_of(hash);
  if (place == capacity()) {
    const std::size_t first = bucket(hash);
    place = least_worthy(first);
    for (std::size_t other = first; other < first + kWays; ++other) {
      if (tags_[other].worth > 0) --tags_[other].worth;
    }
    Tag& tag = tags_[place];
    if (tag.check == 0) tag.node = static_cast<std::uint32_t>(used_++);
    tag.check = check_of(hash);
    nodes_[tag.node] = SuccessorNode{};
  }
  SuccessorNode& node = nodes_[tags_[place].node];
  node.learn(command, memory);
  tags_[place].worth = std::min<std::uint32_t>(node.visits, 255);
}

}  // namespace foreshock::coordinator

#include "coordinator/sequence/successor_table.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace foreshock::coordinator {

namespace {

constexpr std::int32_t kWholeShare = 65535;
constexpr std::size_t kLongestMemory = 64;  // visits

/// How much of 65536 the newest of so many visits says. Not quite 1/visits, so that a single visit
/// leaves room for doubt.
constexpr auto kNewestSays = [] {
  std::array<std::int32_t, kLongestMemory + 1> parts{};
  for (std::size_t visits = 1; visits < parts.size(); ++visits) {
    parts[visits] = static_cast<std::int32_t>(65536 / (static_cast<double>(visits) + 0.4));
  }
  return parts;
}();

/// The slot of a command that is new to the node: a free one, else that of the smallest share.
std::size_t make_room(SuccessorNode& node) {
  if (node.used < node.slots.size()) return node.used++;
  const auto least = std::ranges::min_element(node.slots, {}, [](const Successor& slot) {
    return slot.share + (slot.history & 1) * 65536;
  });
  return static_cast<std::size_t>(least - node.slots.begin());
}

}  // namespace

void SuccessorNode::learn(CommandId command, std::size_t memory) {
  // All slots, used or not, here and below: how many there are to do cannot be foreseen, and a
  // wrong guess costs more. A free one stays all 0.
  std::size_t seen = slots.size();
  for (std::size_t slot = 0; slot < slots.size(); ++slot)
    seen = slots[slot].command == command && slot < used ? slot : seen;
  if (seen == slots.size()) {
    seen = make_room(*this);
    slots[seen] = Successor{command, 0, 0, 0};
  }
  if (visits < std::numeric_limits<std::uint16_t>::max()) ++visits;
  if (slots[seen].count < std::numeric_limits<std::uint8_t>::max()) ++slots[seen].count;

  // A mean over the visits at first, then one that forgets.
  const std::int32_t newest = kNewestSays[std::min({std::size_t{visits}, memory, kLongestMemory})];
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    const bool came = slot == seen;
    const std::int32_t distance = (came ? kWholeShare : 0) - slots[slot].share;
    const auto step = static_cast<std::int32_t>(std::int64_t{distance} * newest >> 16);
    slots[slot].share = static_cast<std::uint16_t>(slots[slot].share + step);
    slots[slot].history = static_cast<std::uint8_t>(slots[slot].history << 1 | (came ? 1 : 0));
  }
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

#include "coordinator/sequence/successor_table.h"

#include <bit>
#include <limits>
#include <new>

#include <sys/mman.h>

namespace foreshock::coordinator {

namespace {

constexpr float kWholeShare = 65535;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// The slot of a command that is new to the node: a free one, else that of the smallest share.
std::size_t make_room(SuccessorNode& node) {
  if (node.used < node.slots.size()) return node.used++;
  const auto least = std::ranges::min_element(node.slots, {}, [](const Successor& slot) {
    return slot.share + (slot.history & 1) * 65536;
  });
  return static_cast<std::size_t>(least - node.slots.begin());
}

}  // namespace

void SuccessorNode::learn(CommandId command, float memory) {
  std::size_t seen = 0;
  while (seen < used && slots[seen].command != command) ++seen;
  if (seen == used) {
    seen = make_room(*this);
    slots[seen] = Successor{command, 0, 0, 0};
  }
  if (visits < std::numeric_limits<std::uint16_t>::max()) ++visits;
  if (slots[seen].count < std::numeric_limits<std::uint8_t>::max()) ++slots[seen].count;
  worth = static_cast<std::uint8_t>(std::min<unsigned>(visits, 255));

  // A mean over the visits at first, then one that forgets. Not quite 1/visits, so that a single
  // visit leaves room for doubt.
  const float rate = 1.0F / std::min(static_cast<float>(visits) + 0.4F, memory);
  for (std::size_t slot = 0; slot < used; ++slot) {
    const bool came = slot == seen;
    const float share = slots[slot].share;
    slots[slot].share =
        static_cast<std::uint16_t>(share + ((came ? kWholeShare : 0.0F) - share) * rate);
    slots[slot].history = static_cast<std::uint8_t>(slots[slot].history << 1 | (came ? 1 : 0));
  }
}

void SuccessorTable::Unmap::operator()(void* memory) const {
  munmap(memory, bytes);
}

SuccessorTable::SuccessorTable(std::size_t nodes)
    : mask_(std::bit_ceil(std::max(nodes, kWays)) - 1), memory_(nullptr, Unmap{0}) {
  // Each look-up is somewhere else: with huge pages, where the kernel has them, it needs no walk
  // through page tables, and the table is there after a few faults instead of thousands.
  const std::size_t bytes = (mask_ + 1) * sizeof(SuccessorNode);
  const std::size_t mapped = bytes + kHugePage;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = {memory, Unmap{mapped}};
  std::size_t left = mapped;
  std::align(kHugePage, bytes, memory, left);
  madvise(memory, bytes, MADV_HUGEPAGE);
  nodes_ = static_cast<SuccessorNode*>(memory);
}

SuccessorNode* SuccessorTable::find(std::uint64_t hash) {
  SuccessorNode* first = &nodes_[bucket(hash)];
  const std::uint32_t check = check_of(hash);
  for (std::size_t way = 0; way < kWays; ++way) {
    if (first[way].check == check) return &first[way];
  }
  return nullptr;
}

SuccessorNode& SuccessorTable::find_or_add(std::uint64_t hash) {
  if (SuccessorNode* known = find(hash)) return *known;
  SuccessorNode* first = &nodes_[bucket(hash)];
  SuccessorNode* least = first;
  for (std::size_t way = 1; way < kWays; ++way) {
    if (first[way].worth < least->worth) least = &first[way];
  }
  for (std::size_t way = 0; way < kWays; ++way) {
    if (first[way].worth > 0) --first[way].worth;
  }
  *least = SuccessorNode{};
  least->check = check_of(hash);
  return *least;
}

}  // namespace foreshock::coordinator

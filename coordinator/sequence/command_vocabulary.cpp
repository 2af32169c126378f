#include "coordinator/sequence/command_vocabulary.h"

#include <algorithm>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostPlaces = 0x10000;
constexpr CommandId kNextHolder = 0x10000;

}  // namespace

CommandVocabulary::CommandVocabulary(std::size_t capacity)
    : capacity_(std::clamp<std::size_t>(capacity, 1, kMostPlaces)) {}

CommandId CommandVocabulary::use(std::string_view command) {
  const auto known = places_.find(command);
  std::size_t place = 0;
  if (known != places_.end()) {
    place = known->second;
  } else {
    place = entries_.size();
    if (place < capacity_) {
      entries_.emplace_back().id = static_cast<CommandId>(place);
    } else {
      place = free_a_place();
    }
    entries_[place].text = command;
    places_.emplace(command, place);
  }
  Entry& entry = entries_[place];
  entry.used_lately = true;
  ++entry.uses;
  ++all_uses_;
  return entry.id;
}

std::size_t CommandVocabulary::free_a_place() {
  // Second chance: the hand passes over what was used since it came by last.
  while (entries_[hand_].used_lately) {
    entries_[hand_].used_lately = false;
    hand_ = (hand_ + 1) % entries_.size();
  }
  const std::size_t place = hand_;
  hand_ = (hand_ + 1) % entries_.size();
  Entry& entry = entries_[place];
  places_.erase(entry.text);
  all_uses_ -= entry.uses;
  entry.id += kNextHolder;
  entry.uses = 0;
  ++forgotten_;
  return place;
}

}  // namespace foreshock::coordinator

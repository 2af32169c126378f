#include "agent/capture/replay_event_source.h"

#include <utility>

#include "common/base/assert.h"

namespace foreshock::agent {

ReplayEventSource::ReplayEventSource(std::vector<ProcessEvent> events) {
  for (auto& event : events) add(std::move(event));
}

void ReplayEventSource::add(ProcessEvent event) {
  unreleased_.push_back(std::move(event));
}

void ReplayEventSource::rewind_to_released() {
  position_ = released_;
}

Result<std::size_t> ReplayEventSource::drain(const Sink& sink) {
  std::size_t drained = 0;
  for (; position_ - released_ < unreleased_.size(); ++position_, ++drained) {
    ProcessEvent copy = unreleased_[position_ - released_];
    const bool is_exec = std::holds_alternative<ExecEvent>(copy);
    if (!sink(std::move(copy))) break;
    ++(is_exec ? stats_.execs : stats_.exits);
  }
  return drained;
}

void ReplayEventSource::release_through(std::uint64_t position) {
  FS_ASSERT(position <= position_);
  for (; released_ < position; ++released_) unreleased_.pop_front();
}

}  // namespace foreshock::agent

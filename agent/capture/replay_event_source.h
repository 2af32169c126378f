#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "agent/capture/event_source.h"

namespace foreshock::agent {

/// Delivers a list of events: for tests, and for recorded streams.
class ReplayEventSource final : public EventSource {
 public:
  explicit ReplayEventSource(std::vector<ProcessEvent> events = {});

  /// Something more happens.
  void add(ProcessEvent event);
  /// What happens when the reader dies and another takes over: what was not released comes again.
  void rewind_to_released();

  std::string name() const override { return "replay"; }
  int ready_fd() const override { return -1; }
  Result<std::size_t> drain(const Sink& sink) override;
  std::uint64_t position() const override { return position_; }
  void release_through(std::uint64_t position) override;
  Result<void> watch_names(const std::vector<std::string>&) override { return {}; }
  EventSourceStats stats() const override { return stats_; }

 private:
  std::deque<ProcessEvent> unreleased_;
  std::uint64_t released_ = 0;
  std::uint64_t position_ = 0;
  EventSourceStats stats_;
};

}  // namespace foreshock::agent

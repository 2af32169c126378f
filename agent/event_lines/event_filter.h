#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/process_event.h"
#include "common/model/report.h"
#include "common/model/workload_identity.h"

namespace foreshock::agent {

/// Which events are shown; what is not given does not filter. Pure.
struct EventFilter {
  std::optional<std::uint32_t> uid{};  ///< runs it, or logged in (behind sudo)
  std::string unit{};     ///< part of the unit, container or cgroup; with '*' the whole of one
  std::string command{};  ///< part of the command line; with '*' the whole of it
  std::optional<Nanoseconds> min_duration{};  ///< only ends of what took at least so long
  std::optional<std::uint32_t> tree{};        ///< this process and what descends from it

  bool is_empty() const;
  /// By user, workload and command; the tree is the caller's to judge.
  bool matches(const ProcessFacts& facts, const Argv& argv, const std::string& cgroup,
               const WorkloadIdentity& identity) const;
  bool matches_end(const Execution& ended) const;
};

}  // namespace foreshock::agent

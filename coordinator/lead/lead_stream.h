#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/lead/command_words.h"
#include "coordinator/lead/lead_history.h"

namespace foreshock::coordinator {

/// Gathers loads and commands of hosts in the order in which they arrive, and cleans them: doubled
/// rows are dropped, late ones find their place, and each host's clock is set right by the shortest
/// way that its rows took (arrival less timestamp; what is longer than that is delay, not skew).
class LeadStream {
 public:
  explicit LeadStream(std::chrono::seconds step) : step_(step) {}

  struct Event {
    std::string_view host;
    std::string_view user;
    WallTime arrival;
    WallTime timestamp;  ///< of the host's own clock
    std::string_view command;
    std::string_view arguments;
  };
  /// False: seen before.
  bool add_event(const Event& event);
  /// The step that begins at `start`; the latest row of a step stands.
  void add_load(std::string_view host, WallTime start, double value);

  /// Everything until now, commands in the order of their first run. The grid begins with the first
  /// load.
  LeadHistory history() const;

  /// Runs of all commands since then (seconds after the grid's start), with the index of the
  /// command as in history(); newest arrivals first. What arrived more than a day late is left out.
  std::vector<std::pair<std::size_t, CommandRun>> runs_since(double since_s) const;
  /// What is known of a host's load up to and without `end`; NaN where unknown.
  std::vector<double> load_until(std::size_t host, WallTime end) const;

  std::size_t find_host(std::string_view name) const;  ///< hosts() when unknown
  std::size_t hosts() const { return hosts_.size(); }
  const std::string& host_name(std::size_t host) const { return hosts_[host].name; }
  /// Of the grid.
  WallTime start() const { return start_.value_or(WallTime()); }
  std::size_t duplicates() const { return duplicates_; }

 private:
  /// A host's clock may drift: the shortest way is taken of some hours around.
  using ShortestWays = std::map<std::int64_t, double>;  ///< by hour, seconds
  struct Host {
    std::string name;
    std::vector<double> load;
    ShortestWays ways;
  };
  struct Run {
    std::size_t command;
    std::size_t host;
    WallTime timestamp;
    WallTime arrival;
    std::vector<NumericArgument> arguments;
  };

  std::size_t host_of(std::string_view name);
  std::size_t command_of(const CommandMeant& meant);
  static double skew_at(const ShortestWays& ways, std::int64_t hour);
  CommandRun set_right(const Run& run, double skew_s) const;

  std::chrono::seconds step_;
  std::optional<WallTime> start_;
  std::vector<Host> hosts_;
  std::map<std::string, std::size_t, std::less<>> host_numbers_;
  std::vector<CommandMeant> commands_;
  std::map<std::string, std::size_t, std::less<>> command_numbers_;  ///< by identity
  std::vector<Run> runs_;
  std::unordered_set<std::uint64_t> seen_;
  std::size_t duplicates_ = 0;
};

}  // namespace foreshock::coordinator

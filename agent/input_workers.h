#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/metrics_in/metric_table.h"
#include "agent/metrics_in/scrape_targets.h"
#include "agent/metrics_in/statsd_listener.h"
#include "agent/schedule/upcoming_commands.h"
#include "common/base/clock.h"
#include "common/sync/snapshot.h"

namespace foreshock::agent {

/// The threads of what may block and must hold up nothing else: `statsd` (datagrams), `scrape`
/// (pages of targets), `schedule` (what will run next). They meet the loop in `metrics()` and
/// `upcoming()`.
class InputWorkers {
 public:
  struct Options {
    StatsdListener::Options statsd;
    std::vector<ScrapeTarget> targets;
    std::size_t max_metrics = 2000;
    std::chrono::nanoseconds schedule_interval = std::chrono::minutes(1);
  };

  /// `redact`: removes secrets from a command's text; called on the thread `schedule`. `clock` is
  /// borrowed.
  static Result<std::unique_ptr<InputWorkers>> make(
      Options options, std::function<std::string(const std::string&)> redact, const Clock& clock);

  // The threads' bodies; each returns soon after the stop.
  void run_statsd(std::stop_token stop);
  void run_scrapes(std::stop_token stop);
  void run_schedule(std::stop_token stop);

  MetricTable& metrics() { return metrics_; }
  const Snapshot<UpcomingCommands::Listing>& upcoming() const { return upcoming_; }
  const Snapshot<std::vector<ScrapeTargets::State>>& targets() const { return target_states_; }

 private:
  InputWorkers(Options options, std::function<std::string(const std::string&)> redact,
               const Clock& clock);

  const Options options_;
  const Clock& clock_;
  MetricTable metrics_;
  std::unique_ptr<StatsdListener> statsd_;
  ScrapeTargets scrapes_;
  SystemdTimers timers_;
  UpcomingCommands schedule_;
  Snapshot<UpcomingCommands::Listing> upcoming_;
  Snapshot<std::vector<ScrapeTargets::State>> target_states_;
};

}  // namespace foreshock::agent

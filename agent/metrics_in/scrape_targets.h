#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/metrics_in/metric_table.h"
#include "common/base/clock.h"
#include "common/base/result.h"

namespace foreshock::agent {

struct ScrapeTarget {
  std::string name;  ///< becomes the label `target`
  std::string url;   ///< "http://127.0.0.1:9100/metrics"
  std::chrono::nanoseconds interval = std::chrono::seconds(15);
};

/// Fetches the pages of its targets when they are due, into a table. One thread.
class ScrapeTargets {
 public:
  /// The body of a page, or why it could not be had.
  using Fetch = std::function<Result<std::string>(const std::string& url)>;

  struct State {
    std::string name;
    std::string problem;  ///< of the last time; empty: it worked
    std::uint64_t scrapes = 0;
    std::uint64_t failures = 0;
    bool operator==(const State&) const = default;
  };

  /// `table` is borrowed.
  ScrapeTargets(std::vector<ScrapeTarget> targets, Fetch fetch, MetricTable& table);

  /// Fetches what is due; each fetch may take as long as its deadline. Returns when the next one is
  /// due.
  BootTime scrape_due(const Clock& clock);
  std::vector<State> states() const;

  static constexpr std::size_t kMaxSamples = 20'000;  ///< of a page

 private:
  struct Target {
    ScrapeTarget target;
    State state;
    BootTime due;
  };
  void scrape(Target& target, BootTime now);

  std::vector<Target> targets_;
  Fetch fetch_;
  MetricTable& table_;
};

}  // namespace foreshock::agent

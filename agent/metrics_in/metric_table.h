#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agent/metrics_in/exposition_text.h"
#include "agent/metrics_in/statsd_line.h"
#include "common/model/app_metric.h"

namespace foreshock::agent {

/// Counts since the table was made.
struct MetricTableStats {
  std::uint64_t accepted = 0;   ///< values
  std::uint64_t malformed = 0;  ///< lines that were not understood
  std::uint64_t refused = 0;    ///< values of metrics beyond the most
  std::size_t metrics = 0;      ///< that are known now
};

/// Values of many samples with quantiles to about one percent, in a bounded number of buckets of
/// growing width. Source: Masson et al., DDSketch (2019).
class QuantileSketch {
 public:
  void add(double value, double weight);
  Distribution summary() const;
  bool empty() const { return count_ <= 0; }
  void clear() { *this = QuantileSketch(); }

 private:
  double quantile(double share) const;

  std::map<int, double> buckets_;  ///< by sign and magnitude, in the order of values
  double count_ = 0;
  double sum_ = 0;
  double max_ = 0;
};

/// Everything that applications told about themselves since it was last asked. Bounded: metrics
/// beyond the most are refused and counted, those that were silent for ten minutes make room. Any
/// thread.
class MetricTable {
 public:
  explicit MetricTable(std::size_t most) : most_(most) {}

  void add(const StatsdLine& line, BootTime now);
  void add_malformed(std::uint64_t lines = 1);
  /// One scrape. `labels`: added to each sample, such as the target's name.
  void add(const Exposition& exposition,
           const std::vector<std::pair<std::string, std::string>>& labels, BootTime now);

  /// What has changed since the last call.
  std::vector<AppMetric> take(BootTime now);
  MetricTableStats stats() const;

 private:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;
  struct Metric {
    AppMetricKind kind = AppMetricKind::unknown;
    double value = 0;
    bool changed = false;
    BootTime last_seen;
    QuantileSketch sketch;
    std::unordered_set<std::size_t> members;  ///< of a set, by hash
    std::map<double, double> buckets;         ///< of a scraped histogram: bound → count so far
  };
  struct Key {
    std::string name;
    std::string labels;
    auto operator<=>(const Key&) const = default;
  };
  using Histograms = std::map<Key, std::map<double, double>>;

  Metric* find(Key key, AppMetricKind kind, BootTime now);
  void add_value(const StatsdLine& line, std::string_view text, Metric& metric);
  void add_histogram(const Key& key, const std::map<double, double>& buckets, BootTime now);
  void forget_silent(BootTime now);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<Key, Metric> metrics_;  // guarded by mutex_, as all below
  MetricTableStats stats_;
  BootTime last_forgotten_;
};

}  // namespace foreshock::agent

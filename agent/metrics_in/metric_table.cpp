#include "agent/metrics_in/metric_table.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>

namespace foreshock::agent {

namespace {

constexpr double kGrowth = 1.02;  // of a bucket's width: about one percent of error
constexpr int kZero = 0;
constexpr int kOffset = 20'000;  // above any magnitude of a double
constexpr std::size_t kMaxMembers = 10'000;
constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxLabelBytes = 400;
constexpr auto kSilent = std::chrono::minutes(10);
constexpr auto kForgetInterval = std::chrono::seconds(10);

int bucket_of(double value) {
  const double magnitude = std::abs(value);
  if (magnitude < 1e-12) return kZero;
  const int index = kOffset + static_cast<int>(std::ceil(std::log(magnitude) / std::log(kGrowth)));
  return value > 0 ? index : -index;
}

double value_of(int bucket) {
  if (bucket == kZero) return 0;
  // In the middle of what the bucket covers.
  const double magnitude = std::pow(kGrowth, std::abs(bucket) - kOffset) * 2 / (1 + kGrowth);
  return bucket > 0 ? magnitude : -magnitude;
}

/// What would end a label or its value inside the joined text.
std::string plain(std::string_view text) {
  std::string clean(text);
  std::ranges::replace_if(
      clean,
      [](char c) {
        return c == ',' || c == '=' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      },
      '_');
  return clean;
}

template <typename Labels>
std::string join_labels(const Labels& labels) {
  std::vector<std::pair<std::string, std::string>> sorted;
  sorted.reserve(labels.size());
  for (const auto& [name, value] : labels) sorted.emplace_back(plain(name), plain(value));
  std::ranges::sort(sorted);
  std::string text;
  for (const auto& [name, value] : sorted) {
    if (name.empty()) continue;
    text += (text.empty() ? "" : ",") + name;
    if (!value.empty()) text += "=" + value;
  }
  return text.substr(0, kMaxLabelBytes);
}

AppMetricKind kind_of(StatsdType type) {
  switch (type) {
    case StatsdType::counter:
      return AppMetricKind::counter;
    case StatsdType::gauge:
    case StatsdType::gauge_change:
      return AppMetricKind::gauge;
    case StatsdType::timing:
      return AppMetricKind::distribution;
    case StatsdType::set:
      break;
  }
  return AppMetricKind::set;
}

std::string type_of(const Exposition& exposition, std::string_view name) {
  const auto found = exposition.types.find(name);
  return found == exposition.types.end() ? "" : found->second;
}

/// "request_seconds" of "request_seconds_bucket" where that is a histogram; else empty.
std::string_view histogram_of(const Exposition& exposition, std::string_view name) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const auto family = name.substr(0, name.size() - suffix.size());
    if (type_of(exposition, family) == "histogram") return family;
  }
  return {};
}

/// OpenMetrics names a counter's family without "_total"; the older format does not tell the parts
/// of a summary apart.
bool is_counter(const Exposition& exposition, std::string_view name) {
  if (type_of(exposition, name) == "counter") return true;
  if (name.ends_with("_total")) {
    const auto type = type_of(exposition, name.substr(0, name.size() - 6));
    return type == "counter" || type.empty();
  }
  for (const std::string_view suffix : {"_sum", "_count"}) {
    if (name.ends_with(suffix) &&
        type_of(exposition, name.substr(0, name.size() - suffix.size())) == "summary")
      return true;
  }
  return false;
}

}  // namespace

void QuantileSketch::add(double value, double weight) {
  max_ = count_ <= 0 ? value : std::max(max_, value);
  buckets_[bucket_of(value)] += weight;
  count_ += weight;
  sum_ += value * weight;
}

double QuantileSketch::quantile(double share) const {
  const double wanted = share * count_;
  double seen = 0;
  for (const auto& [bucket, weight] : buckets_) {
    seen += weight;
    if (seen >= wanted) return std::min(value_of(bucket), max_);
  }
  return max_;
}

Distribution QuantileSketch::summary() const {
  return {.count = static_cast<std::uint64_t>(std::llround(count_)),
          .sum = sum_,
          .p50 = quantile(0.5),
          .p90 = quantile(0.9),
          .p99 = quantile(0.99),
          .max = max_};
}

MetricTable::Metric* MetricTable::find(Key key, AppMetricKind kind, BootTime now) {
  key.name.resize(std::min(key.name.size(), kMaxNameBytes));
  auto found = metrics_.find(key);
  if (found == metrics_.end()) {
    if (metrics_.size() >= most_) forget_silent(now);
    if (metrics_.size() >= most_) {
      ++stats_.refused;
      return nullptr;
    }
    found = metrics_.try_emplace(std::move(key)).first;
    found->second.kind = kind;
  }
  Metric& metric = found->second;
  if (metric.kind != kind) {
    // A program that changed its mind starts the metric anew.
    metric = Metric();
    metric.kind = kind;
  }
  metric.changed = true;
  metric.last_seen = now;
  ++stats_.accepted;
  return &metric;
}

void MetricTable::add(const StatsdLine& line, BootTime now) {
  const std::lock_guard lock(mutex_);
  for (const auto value : line.values) {
    Metric* metric =
        find({std::string(line.name), join_labels(line.tags)}, kind_of(line.type), now);
    if (metric != nullptr) add_value(line, value, *metric);
  }
}

void MetricTable::add_value(const StatsdLine& line, std::string_view text, Metric& metric) {
  if (line.type == StatsdType::set) {
    if (metric.members.size() < kMaxMembers)
      metric.members.insert(std::hash<std::string_view>()(text));
    return;
  }
  const double value = parse_metric_number(text).value_or(0);
  switch (line.type) {
    case StatsdType::counter:
      metric.value += value / line.rate;
      break;
    case StatsdType::gauge:
      metric.value = value;
      break;
    case StatsdType::gauge_change:
      metric.value += value;
      break;
    case StatsdType::timing:
      metric.sketch.add(value, 1 / line.rate);
      break;
    case StatsdType::set:
      break;
  }
}

void MetricTable::add_malformed(std::uint64_t lines) {
  const std::lock_guard lock(mutex_);
  stats_.malformed += lines;
}

void MetricTable::add(const Exposition& exposition,
                      const std::vector<std::pair<std::string, std::string>>& labels,
                      BootTime now) {
  const std::lock_guard lock(mutex_);
  stats_.malformed += exposition.not_understood;
  Histograms histograms;
  for (const auto& sample : exposition.samples) {
    auto all = sample.labels;
    all.insert(all.end(), labels.begin(), labels.end());
    if (const auto family = histogram_of(exposition, sample.name); !family.empty()) {
      const auto bound = std::ranges::find(all, "le", &std::pair<std::string, std::string>::first);
      if (bound == all.end()) continue;  // its sum and count follow from the buckets
      const auto limit = bound->second == "+Inf" ? std::numeric_limits<double>::infinity()
                                                 : parse_metric_number(bound->second).value_or(0);
      all.erase(bound);
      histograms[{std::string(family), join_labels(all)}][limit] = sample.value;
      continue;
    }
    if (!std::isfinite(sample.value)) continue;
    const auto kind =
        is_counter(exposition, sample.name) ? AppMetricKind::counter : AppMetricKind::gauge;
    if (Metric* metric = find({sample.name, join_labels(all)}, kind, now))
      metric->value = sample.value;
  }
  for (const auto& [key, buckets] : histograms) add_histogram(key, buckets, now);
}

void MetricTable::add_histogram(const Key& key, const std::map<double, double>& buckets,
                                BootTime now) {
  Metric* metric = find(key, AppMetricKind::distribution, now);
  if (metric == nullptr) return;
  const auto before = std::exchange(metric->buckets, buckets);
  if (before.empty()) return;  // what came before we looked is not of this time
  double below = 0;
  double lower = 0;
  for (const auto& [bound, count] : buckets) {
    const auto known = before.find(bound);
    const double old = known == before.end() ? 0 : known->second;
    // A program that was restarted counts from zero again.
    const double grown = count >= old ? count - old : count;
    const double inside = grown - below;
    // The middle of a bucket stands for what is in it; the last one has no upper end.
    if (inside > 0 && std::isfinite(inside))
      metric->sketch.add(std::isfinite(bound) ? (lower + bound) / 2 : lower, inside);
    below = std::max(below, grown);
    if (std::isfinite(bound)) lower = bound;
  }
}

std::vector<AppMetric> MetricTable::take(BootTime now) {
  const std::lock_guard lock(mutex_);
  std::vector<AppMetric> taken;
  for (auto& [key, metric] : metrics_) {
    if (!std::exchange(metric.changed, false)) continue;
    AppMetric app{.name = key.name,
                  .labels = key.labels,
                  .kind = metric.kind,
                  .time = now,
                  .value = metric.value,
                  .distribution = {}};
    if (metric.kind == AppMetricKind::distribution) {
      if (metric.sketch.empty()) continue;
      app.distribution = metric.sketch.summary();
      app.value = app.distribution->sum /
                  static_cast<double>(std::max<std::uint64_t>(app.distribution->count, 1));
      metric.sketch.clear();
    }
    if (metric.kind == AppMetricKind::set) {
      app.value = static_cast<double>(metric.members.size());
      metric.members.clear();
    }
    taken.push_back(std::move(app));
  }
  return taken;
}

MetricTableStats MetricTable::stats() const {
  const std::lock_guard lock(mutex_);
  MetricTableStats stats = stats_;
  stats.metrics = metrics_.size();
  return stats;
}

void MetricTable::forget_silent(BootTime now) {
  if (now - last_forgotten_ < kForgetInterval) return;
  last_forgotten_ = now;
  std::erase_if(metrics_,
                [now](const auto& entry) { return now - entry.second.last_seen > kSilent; });
}

}  // namespace foreshock::agent

#include "common/telemetry/metrics.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "common/base/assert.h"

namespace foreshock {

namespace {

std::string escape(std::string_view text, bool in_quotes) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '"' && in_quotes) {
      escaped += "\\\"";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string format_value(std::uint64_t value) {
  return fmt::format("{}", value);
}

std::string format_value(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

template <typename Entries>
bool has_name(const Entries& entries, std::string_view name) {
  return std::ranges::any_of(entries, [&](const auto& entry) { return entry.name == name; });
}

template <typename Entries>
auto& find_or_add(Entries& entries, std::string_view name, std::string_view help,
                  std::string_view labels) {
  for (auto& entry : entries) {
    if (entry.name == name && entry.labels == labels) return entry.metric;
  }
  auto& entry = entries.emplace_back();
  entry.name = name;
  entry.help = help;
  entry.labels = labels;
  return entry.metric;
}

/// The format wants all lines of a name together, whatever the order in which they were made.
template <typename Entries>
void render_family(const Entries& entries, const std::string& name, std::string& into) {
  for (const auto& entry : entries) {
    if (entry.name != name) continue;
    const std::string labels = entry.labels.empty() ? "" : fmt::format("{{{}}}", entry.labels);
    into += fmt::format("{}{} {}\n", name, labels, format_value(entry.metric.value()));
  }
}

template <typename Entries>
void render_all(const Entries& entries, std::string_view type, std::string& into) {
  std::vector<std::string_view> done;
  for (const auto& entry : entries) {
    if (std::ranges::find(done, entry.name) != done.end()) continue;
    done.push_back(entry.name);
    into += fmt::format("# HELP {} {}\n# TYPE {} {}\n", entry.name, escape(entry.help, false),
                        entry.name, type);
    render_family(entries, entry.name, into);
  }
}

}  // namespace

std::string make_label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, escape(value, true));
}

Counter& MetricRegistry::counter(std::string_view name, std::string_view help,
                                 std::string_view labels) {
  const std::lock_guard lock(mutex_);
  FS_ASSERT(!has_name(gauges_, name));
  return find_or_add(counters_, name, help, labels);
}

Gauge& MetricRegistry::gauge(std::string_view name, std::string_view help,
                             std::string_view labels) {
  const std::lock_guard lock(mutex_);
  FS_ASSERT(!has_name(counters_, name));
  return find_or_add(gauges_, name, help, labels);
}

std::string MetricRegistry::render() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  render_all(counters_, "counter", text);
  render_all(gauges_, "gauge", text);
  return text;
}

}  // namespace foreshock

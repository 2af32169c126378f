#include "coordinator/offline/series_file.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "common/text/csv.h"

namespace foreshock::coordinator {

namespace {

using std::chrono::nanoseconds;

constexpr std::int64_t kMostSteps = 100'000;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Result<std::map<std::string, FileSeries>> read_series_file(const std::string& path) {
  FS_TRY(auto csv, CsvReader::open(path));
  const auto series_column = csv.find_column("series_id");
  const bool is_utc = csv.find_column("timestamp_utc").has_value();
  FS_TRY(const std::size_t time_column, csv.column(is_utc ? "timestamp_utc" : "timestamp"));
  FS_TRY(const std::size_t value_column, csv.column("value"));
  std::map<std::string, FileSeries> all;
  std::string name;
  FileSeries* series = nullptr;
  while (true) {
    FS_TRY(const bool more, csv.read_row());
    if (!more) break;
    FS_TRY(const WallTime time, csv.time(time_column));
    const std::string_view id = series_column ? csv.text(*series_column) : std::string_view();
    if (series == nullptr || id != name) {
      name = id;
      series = &all[name];
    }
    double value = kUnknown;
    if (!csv.text(value_column).empty()) {
      FS_TRY(value, csv.number(value_column));
    }
    if (!series->empty() && time < series->back().time)
      return csv.error(time_column, "a time not before that of the series' row above");
    if (!series->empty() && time == series->back().time) {
      series->back().value = value;
    } else {
      series->push_back({time, value});
    }
  }
  return all;
}

nanoseconds usual_step(const FileSeries& series) {
  std::map<nanoseconds, std::size_t> counts;
  for (std::size_t i = 1; i < series.size(); ++i) ++counts[series[i].time - series[i - 1].time];
  return std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; })->first;
}

Series make_series(const FileSeries& values, WallTime origin, nanoseconds step) {
  Series series;
  series.step = step;
  series.start = origin;
  const auto place = [&](WallTime time) { return (origin - time + step / 2) / step; };
  const auto end =
      std::upper_bound(values.begin(), values.end(), origin,
                       [](WallTime time, const TimedValue& value) { return time < value.time; });
  if (end == values.begin()) return series;
  const std::int64_t last = std::min<std::int64_t>(place(values.front().time), kMostSteps - 1);
  series.start = origin - step * last;
  series.values.assign(static_cast<std::size_t>(last) + 1, kUnknown);
  for (auto at = values.begin(); at != end; ++at) {
    const std::int64_t back = place(at->time);
    if (back <= last && std::isfinite(at->value))
      series.values[static_cast<std::size_t>(last - back)] = at->value;
  }
  return series;
}

double value_at(const FileSeries& series, WallTime time) {
  const auto found = std::ranges::lower_bound(series, time, {}, &TimedValue::time);
  return found != series.end() && found->time == time ? found->value : kUnknown;
}

}  // namespace foreshock::coordinator

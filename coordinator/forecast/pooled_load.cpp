#include "coordinator/forecast/pooled_load.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace foreshock::coordinator {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// One past the last known value; 0: none is known.
std::size_t known_end(const std::vector<double>& values) {
  std::size_t end = values.size();
  while (end > 0 && std::isnan(values[end - 1])) --end;
  return end;
}

/// Adds the values before `end`, gaps between two of them bridged.
void add_bridged(const std::vector<double>& values, std::size_t end, std::vector<double>& sum) {
  std::size_t before = end;  // the last known one; `end`: none yet
  for (std::size_t i = 0; i < end; ++i) {
    if (std::isnan(values[i])) continue;
    const bool is_first = before == end;
    for (std::size_t gap = is_first ? i : before + 1; gap < i; ++gap) {
      const double part = static_cast<double>(gap - before) / static_cast<double>(i - before);
      sum[gap] += values[before] + part * (values[i] - values[before]);
    }
    sum[i] += values[i];
    before = i;
  }
}

}  // namespace

Series pooled_load(const std::vector<Series>& members, std::size_t late) {
  Series pool = members.front();
  const std::size_t size = pool.values.size();
  std::size_t end = size;
  for (const Series& member : members) {
    const std::size_t own_end = known_end(member.values);
    if (own_end + late >= size && own_end > 0) end = std::min(end, own_end);
  }
  pool.values.assign(end, 0.0);
  std::vector<char> is_known(end, 0);
  for (const Series& member : members) {
    add_bridged(member.values, std::min(known_end(member.values), end), pool.values);
    for (std::size_t i = 0; i < end; ++i) is_known[i] |= std::isnan(member.values[i]) ? 0 : 1;
  }
  for (std::size_t i = 0; i < end; ++i) {
    if (is_known[i] == 0) pool.values[i] = kUnknown;
  }
  return pool;
}

std::optional<Forecast> pooled_forecast(const std::vector<const Forecast*>& members) {
  if (members.empty()) return std::nullopt;
  const Forecast& first = *members.front();
  Forecast pool;
  pool.made_at = first.made_at;
  pool.start = first.start;
  pool.step = first.step;
  pool.mean.assign(first.mean.size(), 0.0);
  pool.quantiles.assign(first.mean.size(), Quantiles{});
  pool.model = "sum of forecasts";
  for (const Forecast* const member : members) {
    const bool fits = member->start == pool.start && member->step == pool.step &&
                      member->mean.size() == pool.mean.size();
    if (!fits) return std::nullopt;
    for (std::size_t i = 0; i < pool.mean.size(); ++i) {
      pool.mean[i] += member->mean[i];
      for (std::size_t q = 0; q < pool.quantiles[i].size(); ++q)
        pool.quantiles[i][q] += member->quantiles[i][q];
    }
  }
  return pool;
}

}  // namespace foreshock::coordinator

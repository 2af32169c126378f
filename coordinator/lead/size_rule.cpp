#include "coordinator/lead/size_rule.h"

#include <cmath>
#include <map>
#include <string>

#include "coordinator/lead/quantiles.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kLeastRuns = 10;
/// Arguments that most runs of a command have are few: little is searched, so this is clear.
constexpr double kClearZ = 3;
/// The duration follows as well only when that is clear for itself.
constexpr double kClearDurationZ = 3;

struct Points {
  std::vector<double> x, y;
};

/// Kendall's tau in standard deviations.
double association(const Points& points) {
  const std::size_t n = points.x.size();
  double sum = 0, pairs = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double product = (points.x[i] - points.x[j]) * (points.y[i] - points.y[j]);
      if (product == 0) continue;
      sum += product > 0 ? 1 : -1;
      ++pairs;
    }
  }
  const auto count = static_cast<double>(n);
  // Ties, common in small whole numbers, make the sum vary less than it would without.
  const double all = count * (count - 1) / 2;
  const double variance = count * (count - 1) * (2 * count + 5) / 18 * (pairs / all);
  return variance > 0 ? sum / std::sqrt(variance) : 0;
}

/// Median of the slopes of all pairs. Source: Theil (1950), Sen (1968).
SizeRule::Line fit_line(const Points& points) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (points.x[i] != points.x[j])
        slopes.push_back((points.y[i] - points.y[j]) / (points.x[i] - points.x[j]));
    }
  }
  const double slope = median_of(std::move(slopes));
  std::vector<double> offsets;
  for (std::size_t i = 0; i < points.x.size(); ++i)
    offsets.push_back(points.y[i] - slope * points.x[i]);
  return {median_of(std::move(offsets)), slope};
}

}  // namespace

std::optional<double> value_of(const CommandRun& run, const std::string& argument) {
  for (const NumericArgument& own : run.arguments) {
    if (own.name == argument) return own.value;
  }
  return std::nullopt;
}

std::optional<SizeRule> find_size_rule(const LeadResponse& response,
                                       const std::vector<CommandRun>& runs) {
  std::map<std::string, std::size_t> counts;
  for (const LeadOutcome& outcome : response.outcomes) {
    for (const NumericArgument& own : runs[outcome.run].arguments) ++counts[own.name];
  }
  std::optional<SizeRule> best;
  double clearest = kClearZ;
  for (const auto& [name, count] : counts) {
    if (count < kLeastRuns || 2 * count < response.outcomes.size()) continue;
    Points uplifts, durations;
    for (const LeadOutcome& outcome : response.outcomes) {
      const auto value = value_of(runs[outcome.run], name);
      const double usual = response.usual_load[outcome.target];
      if (!value || !(usual > 0)) continue;
      if (!std::isnan(outcome.uplift)) {
        uplifts.x.push_back(*value);
        uplifts.y.push_back(outcome.uplift / usual);
      }
      if (!outcome.followed) continue;
      durations.x.push_back(*value);
      durations.y.push_back(outcome.duration_s);
    }
    const double z = association(uplifts);
    if (z <= clearest) continue;
    clearest = z;
    best = SizeRule{.argument = name, .height = fit_line(uplifts), .duration = {1, 0}};
    if (std::abs(association(durations)) > kClearDurationZ) best->duration = fit_line(durations);
  }
  return best;
}

}  // namespace foreshock::coordinator

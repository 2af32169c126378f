#include "coordinator/forecast/combination.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "coordinator/forecast/aggregation.h"
#include "coordinator/forecast/combination_scores.h"
#include "coordinator/forecast/known_values.h"
#include "coordinator/forecast/local_errors.h"
#include "coordinator/forecast/past_forecasts.h"
#include "coordinator/forecast/path_smoothing.h"
#include "coordinator/forecast/recent_values.h"
#include "coordinator/forecast/seasonal_naive.h"
#include "coordinator/forecast/widening.h"
#include "coordinator/forecast/window.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kLeastValues = 60;
constexpr double kPointPull = 0.02;
constexpr double kLevelPull = 0.02;
constexpr double kBandPrior = 0.6;  ///< share of the combination's own band before it is judged
// Shares of what is unlike all others, before it is judged.
constexpr double kForestPrior = 1.0 / 3;
constexpr double kNearPrior = 1.0 / 2;  ///< of the online forecaster, in the first quarter hour
/// Past errors looked at for a band: so many say enough of a coarse series, and asking them is what
/// costs most of its forecast.
constexpr std::size_t kMostErrors = 600;
constexpr std::size_t kMostErrorsOfFine = 5000;
constexpr std::size_t kFineDay = 96;  ///< steps a day: of more a series is fine
/// The stretches of RecentValues; the short ones are left out first.
constexpr std::array<const char*, 4> kStretches = {"last quarter of a unit", "last unit",
                                                   "last three units", "all values"};
constexpr std::size_t kReachPart = 4;  ///< of the distance, that a path is smoothed over at most
constexpr double kLeastKept = 0.5;     ///< of given shares, by members that are still there

/// By origin and distance.
using Paths = std::vector<std::vector<double>>;

class Run {
 public:
  Run(const Window& window, std::chrono::nanoseconds step, std::size_t points)
      : window_(window),
        past_(window, step, points),
        recent_(window),
        distributions_(2 + recent_.members() + (past_.has_forest() ? 1 : 0)),
        errors_(window),
        change_(window.values, window.unit),
        least_(*std::ranges::min_element(window.values)) {}

  void learn() {
    share_points();
    combine_points();
    collect_errors();
    judge_levels();
    share_levels();
  }

  /// @return false where they are of no use; then nothing else may be asked.
  bool learn_with(const MemberShares& given) {
    if (!take_over(given)) return false;
    combine_points();
    collect_errors();
    return true;
  }

  MemberShares shares() const {
    MemberShares made{.members = {},
                      .point_ranges = past_.point_ranges(),
                      .point_shares = learned_.points,
                      .distributions = distribution_names(),
                      .level_ranges = past_.level_ranges(),
                      .level_shares = learned_.levels};
    for (const MemberPaths& member : past_.members()) made.members.push_back(member.name);
    return made;
  }

  std::vector<Quantiles> quantiles() const {
    std::vector<Quantiles> path;
    const std::size_t last = past_.origins().size() - 1;
    const auto stretches = recent_.stretches_before(window_.size());
    for (std::size_t h = 0; h < past_.points(); ++h) {
      const auto said = distributions(last, h, stretches, 0);
      const auto& shares = learned_.levels[range_of(past_.level_ranges(), h)];
      Quantiles mixed{};
      for (std::size_t q = 0; q < mixed.size(); ++q) {
        for (std::size_t m = 0; m < said.size(); ++m) mixed[q] += shares[q][m] * said[m][q];
      }
      std::sort(mixed.begin(), mixed.end());
      widen_for_few(mixed, stretches_of(h + 1));
      change_.mix_into(mixed, h + 1);
      hold_above(mixed, least_);
      if (window_.never_negative) {
        for (double& value : mixed) value = std::max(value, 0.0);
      }
      path.push_back(mixed);
    }
    return path;
  }

  /// After learn().
  std::vector<ModelScore> scores() const {
    auto names = recent_.names();
    names.emplace_back("online band");
    if (past_.has_forest()) names.emplace_back("forest band");
    return score_combination(past_, learned_, names);
  }

 private:
  /// By their part, not their length in steps, which grows with the history.
  std::vector<std::string> distribution_names() const {
    std::vector<std::string> names = {"band"};
    const std::size_t same_time = window_.day > 0 ? 1 : 0;
    const std::size_t stretches = recent_.members() - same_time;
    for (std::size_t i = kStretches.size() - stretches; i < kStretches.size(); ++i)
      names.emplace_back(kStretches.at(i));
    if (same_time > 0) names.emplace_back("same time of day");
    names.emplace_back("online band");
    if (past_.has_forest()) names.emplace_back("forest band");
    return names;
  }

  /// A member that was not there then has no share. Periods come and go with what is seen of a
  /// series: where the members that are still there had half of the shares, they have the rest too.
  bool take_over(const MemberShares& given) {
    const std::size_t said = given.distributions.size();
    const bool fits = given.point_ranges == past_.point_ranges() &&
                      given.level_ranges == past_.level_ranges() &&
                      given.distributions == distribution_names() &&
                      given.point_shares.size() == past_.point_ranges().size() &&
                      given.level_shares.size() == past_.level_ranges().size() &&
                      std::ranges::all_of(given.level_shares, [&](const auto& levels) {
                        return std::ranges::all_of(
                            levels, [&](const Shares& shares) { return shares.size() == said; });
                      });
    if (!fits) return false;
    std::vector<Shares> taken(past_.point_ranges().size(), Shares(past_.members().size(), 0.0));
    for (std::size_t range = 0; range < taken.size(); ++range) {
      if (given.point_shares[range].size() != given.members.size()) return false;
      for (std::size_t m = 0; m < given.members.size(); ++m) {
        const auto found = std::ranges::find(past_.members(), given.members[m], &MemberPaths::name);
        if (found != past_.members().end()) {
          taken[range][static_cast<std::size_t>(found - past_.members().begin())] =
              given.point_shares[range][m];
        }
      }
      const double kept = std::accumulate(taken[range].begin(), taken[range].end(), 0.0);
      if (kept < kLeastKept) return false;
      for (double& share : taken[range]) share /= kept;
    }
    learned_.points = std::move(taken);
    learned_.levels = given.level_shares;
    return true;
  }

  /// Equal shares of those that the first member does not beat in these cases, but for
  /// give_unlike_ones().
  Shares prior(const Cases& cases, bool near) const {
    std::vector<double> losses(cases.said.size(), 0.0);
    for (std::size_t m = 0; m < losses.size(); ++m) {
      for (std::size_t i = 0; i < cases.size(); ++i)
        losses[m] += cases.weight[i] * std::abs(cases.came[i] - cases.said[m][i]);
    }
    const auto count = static_cast<double>(
        std::ranges::count_if(losses, [&](double loss) { return loss <= losses[0]; }));
    Shares shares;
    for (const double loss : losses) shares.push_back(loss <= losses[0] ? 1 / count : 0);
    give_unlike_ones(near, shares);
    return shares;
  }

  /// To the online forecaster and the forest, the last ones of members and of distributions, as far
  /// as they have a share at all.
  void give_unlike_ones(bool near, Shares& shares) const {
    if (past_.has_forest()) give(shares.size() - 1, kForestPrior, shares);
    if (near && window_.day > 0)
      give(shares.size() - (past_.has_forest() ? 2 : 1), kNearPrior, shares);
  }

  /// The others share the rest as they shared all.
  static void give(std::size_t which, double share, Shares& shares) {
    if (shares[which] <= 0 || shares[which] >= 1) return;
    const double rest = (1 - share) / (1 - shares[which]);
    for (double& one : shares) one *= rest;
    shares[which] = share;
  }

  void share_points() {
    std::size_t from = 0;
    for (const std::size_t to : past_.point_ranges()) {
      const Cases cases = past_.point_cases(from, to, PastForecasts::kPointCases);
      // Farther than was ever seen: as it was the farthest.
      learned_.points.push_back(cases.size() == 0 && from > 0
                                    ? learned_.points.back()
                                    : aggregate(cases, 0.5, prior(cases, from == 0), kPointPull));
      from = to;
    }
  }

  /// What the members [first, last) say, each by its share.
  double said_by(std::size_t first, std::size_t last, std::size_t k, std::size_t h) const {
    const Shares& shares = learned_.points[range_of(past_.point_ranges(), h)];
    double sum = 0;
    for (std::size_t m = first; m < last; ++m) {
      if (shares[m] > 0) sum += shares[m] * past_.members()[m].paths[k][h];
    }
    return sum;
  }

  /// A step of a shape is the mean of a few days, and noisy: between that and means over its
  /// neighbours shares are learned as between members. The forest is asked for single steps only.
  void combine_points() {
    const auto reaches = smoothing_reaches(window_.day);
    const std::size_t members = past_.members().size();
    const std::size_t smoothed_members = members - (past_.has_forest() ? 1 : 0);
    std::vector<Paths> by_reach(reaches.size());
    for (std::size_t k = 0; k < past_.origins().size(); ++k) {
      std::vector<double> path(past_.points());
      for (std::size_t h = 0; h < path.size(); ++h) path[h] = said_by(0, smoothed_members, k, h);
      for (std::size_t r = 0; r < reaches.size(); ++r) {
        auto& combined = by_reach[r].emplace_back(reaches[r] > 0 ? smooth(path, reaches[r]) : path);
        for (std::size_t h = 0; h < path.size(); ++h)
          combined[h] += said_by(smoothed_members, members, k, h);
      }
    }
    combined_ = by_reach.front();
    if (by_reach.size() > 1) share_reaches(reaches, by_reach);
  }

  /// Equal shares; none of what reaches far beside how far ahead it is: near the origin a path
  /// turns from the last value to what is usual, and that is no noise.
  static Shares reach_prior(const std::vector<std::size_t>& reaches, std::size_t ahead) {
    Shares prior;
    for (const std::size_t reach : reaches) prior.push_back(reach <= ahead / kReachPart ? 1 : 0);
    const double all = std::accumulate(prior.begin(), prior.end(), 0.0);
    for (double& share : prior) share /= all;
    return prior;
  }

  void share_reaches(const std::vector<std::size_t>& reaches, const std::vector<Paths>& by_reach) {
    std::size_t from = 0;
    for (const std::size_t to : past_.point_ranges()) {
      Cases cases;
      cases.said.resize(by_reach.size());
      past_.for_cases(from, to, PastForecasts::kPointCases,
                      [&](std::size_t k, std::size_t h, double came, double weight) {
                        for (std::size_t r = 0; r < by_reach.size(); ++r)
                          cases.said[r].push_back(by_reach[r][k][h]);
                        cases.came.push_back(came);
                        cases.weight.push_back(weight);
                      });
      const Shares shares = aggregate(cases, 0.5, reach_prior(reaches, from), kPointPull);
      for (std::size_t k = 0; k < combined_.size(); ++k) {
        for (std::size_t h = from; h < to; ++h) {
          combined_[k][h] = 0;
          for (std::size_t r = 0; r < by_reach.size(); ++r)
            combined_[k][h] += shares[r] * by_reach[r][k][h];
        }
      }
      from = to;
    }
  }

  ForecastPoint asked(std::size_t k, std::size_t h) const {
    return {.t = past_.origins()[k] + h,
            .ahead = h + 1,
            .said = combined_[k][h],
            .liveliness = past_.liveliness(k)};
  }

  void collect_errors() {
    std::size_t from = 0;
    for (const std::size_t to : past_.point_ranges()) {
      past_.for_cases(from, to, PastForecasts::kPointCases,
                      [&](std::size_t k, std::size_t h, double came, double weight) {
                        errors_.add(asked(k, h), came, weight);
                      });
      from = to;
    }
    errors_.prepare(window_.day > kFineDay ? kMostErrorsOfFine : kMostErrors);
  }

  /// The band first, then the recent values, the online forecaster's, and the forest's.
  std::vector<Quantiles> distributions(std::size_t k, std::size_t h,
                                       const std::vector<Quantiles>& stretches,
                                       std::size_t apart) const {
    std::vector<Quantiles> said;
    said.reserve(distributions_);
    const ForecastPoint here = asked(k, h);
    said.push_back(errors_.quantiles(here, apart));
    for (double& quantile : said.back()) quantile += here.said;
    said.insert(said.end(), stretches.begin(), stretches.end());
    if (window_.day > 0) said.push_back(recent_.same_time(past_.origins()[k], here.t));
    said.push_back(past_.online(k, h));
    if (past_.has_forest()) said.push_back(past_.forest(k, h));
    return said;
  }

  /// What each distribution said of the past, its own errors being left out.
  void judge_levels() {
    std::vector<std::vector<Quantiles>> stretches;
    for (const std::size_t origin : past_.origins())
      stretches.push_back(recent_.stretches_before(origin));
    const std::size_t apart = std::max<std::size_t>(2, window_.unit / 4);
    std::size_t from = 0;
    for (const std::size_t to : past_.level_ranges()) {
      auto& cases = learned_.judged.emplace_back();
      for (Cases& level : cases)
        level.reserve(distributions_, PastForecasts::kLevelCases * past_.origins().size());
      past_.for_cases(from, to, PastForecasts::kLevelCases,
                      [&](std::size_t k, std::size_t h, double came, double weight) {
                        const auto said = distributions(k, h, stretches[k], apart);
                        for (std::size_t q = 0; q < cases.size(); ++q) {
                          for (std::size_t m = 0; m < said.size(); ++m)
                            cases[q].said[m].push_back(said[m][q]);
                          cases[q].came.push_back(came);
                          cases[q].weight.push_back(weight);
                        }
                      });
      from = to;
    }
  }

  void share_levels() {
    const std::size_t count = distributions_;
    Shares prior(count,
                 (1 - kBandPrior) / static_cast<double>(std::max<std::size_t>(1, count - 1)));
    prior[0] = count > 1 ? kBandPrior : 1;
    for (const auto& cases : learned_.judged) {
      Shares own = prior;
      give_unlike_ones(learned_.levels.empty(), own);
      auto& shares = learned_.levels.emplace_back();
      for (std::size_t q = 0; q < cases.size(); ++q)
        shares[q] = aggregate(cases[q], kQuantileLevels[q], own, kLevelPull);
    }
  }

  /// How many stretches of that length the back-test had, as if they were independent.
  double stretches_of(std::size_t ahead) const {
    const std::size_t least = window_.day > 0 ? window_.day / 4 : 8;
    return static_cast<double>(window_.size() - past_.origins().front()) /
           static_cast<double>(std::max({std::size_t{1}, least, ahead}));
  }

  const Window& window_;
  const PastForecasts past_;
  RecentValues recent_;
  std::size_t distributions_;  ///< how many there are of each step
  LocalErrors errors_;
  RegimeChange change_;
  double least_;  ///< value ever seen
  LearnedShares learned_;
  Paths combined_;  ///< what all members say together
};

Forecast make_forecast(const Run& run, const Series& history) {
  Forecast forecast = begin_forecast(history, "combination");
  forecast.quantiles = run.quantiles();
  for (const Quantiles& quantiles : forecast.quantiles) forecast.mean.push_back(quantiles[3]);
  return forecast;
}

}  // namespace

ForecastOrReason Combination::forecast(const Series& history, std::size_t points) const {
  if (auto reason = why_not_yet(history)) return *reason;
  const Window window = make_window(history);
  if (window.size() < kLeastValues) return SeasonalNaive().forecast(history, points);
  Run run(window, history.step, points);
  run.learn();
  return make_forecast(run, history);
}

Combination::Trained Combination::train(const Series& history, std::size_t points) const {
  if (auto reason = why_not_yet(history)) return {.forecast = *reason};
  const Window window = make_window(history);
  if (window.size() < kLeastValues) return {.forecast = SeasonalNaive().forecast(history, points)};
  Run run(window, history.step, points);
  run.learn();
  return {.forecast = make_forecast(run, history), .scores = run.scores(), .shares = run.shares()};
}

std::optional<ForecastOrReason> Combination::forecast_with(const MemberShares& shares,
                                                           const Series& history,
                                                           std::size_t points) const {
  if (auto reason = why_not_yet(history)) return *reason;
  const Window window = make_window(history);
  if (window.size() < kLeastValues) return std::nullopt;
  Run run(window, history.step, points);
  if (!run.learn_with(shares)) return std::nullopt;
  return make_forecast(run, history);
}

}  // namespace foreshock::coordinator

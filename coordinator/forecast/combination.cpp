#include "coordinator/forecast/combination.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "coordinator/forecast/aggregation.h"
#include "coordinator/forecast/forest_member.h"
#include "coordinator/forecast/known_values.h"
#include "coordinator/forecast/lag_regression.h"
#include "coordinator/forecast/local_errors.h"
#include "coordinator/forecast/member_scores.h"
#include "coordinator/forecast/online_forecaster.h"
#include "coordinator/forecast/recent_values.h"
#include "coordinator/forecast/seasonal_naive.h"
#include "coordinator/forecast/shape.h"
#include "coordinator/forecast/trend_shapes.h"
#include "coordinator/forecast/widening.h"
#include "coordinator/forecast/window.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kOrigins = 60;
constexpr std::size_t kLeastValues = 60;
constexpr double kAgeUnits = 20;  ///< half-life of what a past error counts
constexpr double kPointPull = 0.02;
constexpr double kLevelPull = 0.02;
constexpr double kBandPrior = 0.6;  ///< share of the combination's own band before it is judged
// Shares of what is unlike all others, before it is judged.
constexpr double kForestPrior = 1.0 / 3;
constexpr double kNearPrior = 1.0 / 2;   ///< of the online forecaster, in the first quarter hour
constexpr std::size_t kPointCases = 16;  ///< distances of a range at each origin
constexpr std::size_t kLevelCases = 12;
constexpr std::size_t kMostErrors = 1000;
/// The stretches of RecentValues; the short ones are left out first.
constexpr std::array<const char*, 4> kStretches = {"last quarter of a unit", "last unit",
                                                   "last three units", "all values"};
constexpr double kLeastKept = 0.5;  ///< of given shares, by members that are still there

using Shares = std::vector<double>;

/// Ends of the ranges of distances that have shares of their own; the last is `points`.
std::vector<std::size_t> make_ranges(const std::vector<std::size_t>& ends, std::size_t points) {
  std::vector<std::size_t> ranges;
  for (const std::size_t end : ends) {
    if (end < points && end > (ranges.empty() ? 0 : ranges.back())) ranges.push_back(end);
  }
  ranges.push_back(points);
  return ranges;
}

std::size_t range_of(const std::vector<std::size_t>& ranges, std::size_t h) {
  std::size_t range = 0;
  while (range + 1 < ranges.size() && h >= ranges[range]) ++range;
  return range;
}

Horizons make_horizons(const Window& window, std::size_t points) {
  const std::size_t n = window.size();
  const std::size_t first =
      window.day > 0 ? std::max(n / 3, 11 * window.day / 5) : std::max<std::size_t>(12, n / 3);
  const std::size_t apart = std::max<std::size_t>(1, (n - first) / kOrigins);
  Horizons horizons{.origins = {}, .points = points};
  for (std::size_t origin = n; origin >= first; origin -= apart) horizons.origins.push_back(origin);
  std::reverse(horizons.origins.begin(), horizons.origins.end());
  return horizons;
}

/// What every other member has to beat: the last day again, or the last value where there is no
/// day.
MemberPaths seasonal_naive(const Window& window, const Horizons& horizons) {
  MemberPaths naive{.name = window.day > 0 ? "seasonal naive" : "last value", .paths = {}};
  const std::size_t season = window.day > 0 ? window.day : 1;
  for (const std::size_t origin : horizons.origins) {
    std::vector<double> path(horizons.points);
    for (std::size_t h = 0; h < path.size(); ++h)
      path[h] = window.values[origin - season + h % season];
    naive.paths.push_back(std::move(path));
  }
  return naive;
}

/// What the online forecaster said at each origin, told the values before it one by one.
struct OnlineForecasts {
  MemberPaths means{.name = "online", .paths = {}};
  std::vector<std::vector<Quantiles>> quantiles;  ///< of the same steps
};

OnlineForecasts forecast_online(const Window& window, std::chrono::nanoseconds step,
                                const Horizons& horizons) {
  OnlineForecasts made;
  OnlineForecaster online(step);
  std::size_t t = 0;
  for (const std::size_t origin : horizons.origins) {
    for (; t < origin; ++t) {
      online.update(WallTime(step * static_cast<std::int64_t>(t)),
                    window.known[t] != 0 ? window.values[t] : std::nan(""));
    }
    auto forecast = online.forecast_or_zero(horizons.points);
    made.means.paths.push_back(std::move(forecast.mean));
    made.quantiles.push_back(std::move(forecast.quantiles));
  }
  return made;
}

class Run {
 public:
  Run(const Window& window, std::chrono::nanoseconds step, std::size_t points)
      : window_(window),
        step_(step),
        horizons_(make_horizons(window, points)),
        recent_(window),
        distributions_(2 + recent_.members() + (ForestMember::is_worth_it(window) ? 1 : 0)),
        errors_(window),
        change_(window.values, window.unit),
        least_(*std::ranges::min_element(window.values)) {
    const bool day = window.day > 0;
    const std::size_t d = window.day;
    point_ranges_ = day ? make_ranges({std::max<std::size_t>(1, d / 96), d / 8, d / 2, d}, points)
                        : make_ranges({2, 4, 16, 64}, points);
    level_ranges_ = day ? make_ranges({std::max<std::size_t>(1, d / 96), d / 4}, points)
                        : make_ranges({2, points / 2}, points);
  }

  void learn() {
    forecast_members();
    share_points();
    collect_errors();
    judge_levels();
    share_levels();
  }

  /// @return false where they are of no use; then nothing else may be asked.
  bool learn_with(const MemberShares& given) {
    forecast_members();
    if (!take_over(given)) return false;
    collect_errors();
    return true;
  }

  MemberShares shares() const {
    MemberShares made{.members = {},
                      .point_ranges = point_ranges_,
                      .point_shares = point_shares_,
                      .distributions = distribution_names(),
                      .level_ranges = level_ranges_,
                      .level_shares = level_shares_};
    for (const MemberPaths& member : members_) made.members.push_back(member.name);
    return made;
  }

  std::vector<Quantiles> quantiles() const {
    std::vector<Quantiles> path;
    const std::size_t last = horizons_.origins.size() - 1;
    const auto stretches = recent_.stretches_before(window_.size());
    for (std::size_t h = 0; h < horizons_.points; ++h) {
      const auto said = distributions(last, h, stretches, 0);
      const auto& shares = level_shares_[range_of(level_ranges_, h)];
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
    std::vector<ModelScore> scores = {score_combination()};
    score_members(scores);
    const auto names = recent_.names();
    for (std::size_t m = 0; m < names.size(); ++m)
      scores.push_back(score_distribution(names[m], m + 1));
    scores.push_back(score_distribution("online band", names.size() + 1));
    if (forest_) scores.push_back(score_distribution("forest band", names.size() + 2));
    compare_with(scores, members_.front().name);
    std::stable_sort(scores.begin(), scores.end(), [](const ModelScore& a, const ModelScore& b) {
      return std::pair(-a.weight, a.pinball) < std::pair(-b.weight, b.pinball);
    });
    return scores;
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
    if (forest_) names.emplace_back("forest band");
    return names;
  }

  /// A member that was not there then has no share. Periods come and go with what is seen of a
  /// series: where the members that are still there had half of the shares, they have the rest too.
  bool take_over(const MemberShares& given) {
    const std::size_t said = given.distributions.size();
    const bool fits = given.point_ranges == point_ranges_ && given.level_ranges == level_ranges_ &&
                      given.distributions == distribution_names() &&
                      given.point_shares.size() == point_ranges_.size() &&
                      given.level_shares.size() == level_ranges_.size() &&
                      std::ranges::all_of(given.level_shares, [&](const auto& levels) {
                        return std::ranges::all_of(
                            levels, [&](const Shares& shares) { return shares.size() == said; });
                      });
    if (!fits) return false;
    std::vector<Shares> taken(point_ranges_.size(), Shares(members_.size(), 0.0));
    for (std::size_t range = 0; range < taken.size(); ++range) {
      if (given.point_shares[range].size() != given.members.size()) return false;
      for (std::size_t m = 0; m < given.members.size(); ++m) {
        const auto found = std::ranges::find(members_, given.members[m], &MemberPaths::name);
        if (found != members_.end()) {
          taken[range][static_cast<std::size_t>(found - members_.begin())] =
              given.point_shares[range][m];
        }
      }
      const double kept = std::accumulate(taken[range].begin(), taken[range].end(), 0.0);
      if (kept < kLeastKept) return false;
      for (double& share : taken[range]) share /= kept;
    }
    point_shares_ = std::move(taken);
    level_shares_ = given.level_shares;
    return true;
  }

  void forecast_members() {
    members_.push_back(seasonal_naive(window_, horizons_));
    for (const auto& shape : make_shapes(window_))
      members_.push_back(forecast_shape(window_, *shape, horizons_));
    for (const auto& shape : make_trend_shapes(window_))
      members_.push_back(forecast_shape(window_, *shape, horizons_));
    auto online = forecast_online(window_, step_, horizons_);
    members_.push_back(std::move(online.means));
    online_ = std::move(online.quantiles);
    for (const std::size_t origin : horizons_.origins) {
      liveliness_.push_back(liveliness_before(origin));
      ages_.push_back(static_cast<double>(window_.size() - origin) /
                      static_cast<double>(window_.unit));
    }
    forecast_forest();
  }

  /// Last of the members, and only where it is looked at: it is dear.
  void forecast_forest() {
    if (!ForestMember::is_worth_it(window_)) return;
    forest_.emplace(window_, horizons_.origins.front(), horizons_.points);
    MemberPaths& made = members_.emplace_back(MemberPaths{.name = "forest", .paths = {}});
    made.paths.assign(horizons_.origins.size(),
                      std::vector<double>(horizons_.points, std::nan("")));
    const auto say = [&](std::size_t k, std::size_t h) {
      made.paths[k][h] = forest_->mean(horizons_.origins[k], h);
    };
    const auto say_cases = [&](const std::vector<std::size_t>& ranges, std::size_t cases) {
      std::size_t from = 0;
      for (const std::size_t to : ranges) {
        for_cases(from, to, cases,
                  [&](std::size_t k, std::size_t h, double, double) { say(k, h); });
        from = to;
      }
    };
    say_cases(point_ranges_, kPointCases);
    say_cases(level_ranges_, kLevelCases);
    for (std::size_t h = 0; h < horizons_.points; ++h) say(horizons_.origins.size() - 1, h);
  }

  /// Mean change from step to step over the last day.
  double liveliness_before(std::size_t origin) const {
    const std::size_t from = origin > window_.unit ? origin - window_.unit : 1;
    double sum = 0;
    for (std::size_t i = from; i < origin; ++i)
      sum += std::abs(window_.values[i] - window_.values[i - 1]);
    return sum / static_cast<double>(std::max<std::size_t>(1, origin - from)) +
           0.02 * window_.noise;
  }

  /// Calls visit(k, h, came, weight) for origins of the past and up to `cases` distances of the
  /// range, spread differently at each.
  template <typename Visit>
  void for_cases(std::size_t from, std::size_t to, std::size_t cases, Visit visit) const {
    const std::size_t stride = std::max<std::size_t>(1, (to - from) / cases);
    for (std::size_t k = 0; k + 1 < horizons_.origins.size(); ++k) {
      for (std::size_t h = from + k * 7 % stride; h < to; h += stride) {
        const std::size_t t = horizons_.origins[k] + h;
        if (t >= window_.size()) break;
        if (window_.known[t] == 0) continue;
        const double age = ages_[k] - static_cast<double>(h) / static_cast<double>(window_.unit);
        visit(k, h, window_.values[t], std::exp2(-age / kAgeUnits));
      }
    }
  }

  Cases point_cases(std::size_t from, std::size_t to, std::size_t cases) const {
    Cases made;
    made.reserve(members_.size(), cases * horizons_.origins.size());
    for_cases(from, to, cases, [&](std::size_t k, std::size_t h, double came, double weight) {
      for (std::size_t m = 0; m < members_.size(); ++m)
        made.said[m].push_back(members_[m].paths[k][h]);
      made.came.push_back(came);
      made.weight.push_back(weight);
    });
    return made;
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
    if (forest_) give(shares.size() - 1, kForestPrior, shares);
    if (near && window_.day > 0) give(shares.size() - (forest_ ? 2 : 1), kNearPrior, shares);
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
    for (const std::size_t to : point_ranges_) {
      const Cases cases = point_cases(from, to, kPointCases);
      // Farther than was ever seen: as it was the farthest.
      point_shares_.push_back(cases.size() == 0 && from > 0
                                  ? point_shares_.back()
                                  : aggregate(cases, 0.5, prior(cases, from == 0), kPointPull));
      from = to;
    }
  }

  double point(std::size_t k, std::size_t h) const {
    const Shares& shares = point_shares_[range_of(point_ranges_, h)];
    double sum = 0;
    for (std::size_t m = 0; m < members_.size(); ++m) {
      if (shares[m] > 0) sum += shares[m] * members_[m].paths[k][h];
    }
    return sum;
  }

  ForecastPoint asked(std::size_t k, std::size_t h) const {
    return {.t = horizons_.origins[k] + h,
            .ahead = h + 1,
            .said = point(k, h),
            .liveliness = liveliness_[k]};
  }

  void collect_errors() {
    std::size_t from = 0;
    for (const std::size_t to : point_ranges_) {
      for_cases(from, to, kPointCases,
                [&](std::size_t k, std::size_t h, double came, double weight) {
                  errors_.add(asked(k, h), came, weight);
                });
      from = to;
    }
    errors_.prepare(kMostErrors);
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
    if (window_.day > 0) said.push_back(recent_.same_time(horizons_.origins[k], here.t));
    said.push_back(online_[k][h]);
    if (forest_) said.push_back(forest_->quantiles(horizons_.origins[k], h));
    return said;
  }

  /// What each distribution said of the past, its own errors being left out.
  void judge_levels() {
    std::vector<std::vector<Quantiles>> stretches;
    for (const std::size_t origin : horizons_.origins)
      stretches.push_back(recent_.stretches_before(origin));
    const std::size_t apart = std::max<std::size_t>(2, window_.unit / 4);
    std::size_t from = 0;
    for (const std::size_t to : level_ranges_) {
      auto& cases = judged_.emplace_back();
      for (Cases& level : cases) level.said.resize(distributions_);
      for_cases(from, to, kLevelCases,
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
    for (const auto& cases : judged_) {
      Shares own = prior;
      give_unlike_ones(level_shares_.empty(), own);
      auto& shares = level_shares_.emplace_back();
      for (std::size_t q = 0; q < cases.size(); ++q)
        shares[q] = aggregate(cases[q], kQuantileLevels[q], own, kLevelPull);
    }
  }

  /// How many stretches of that length the back-test had, as if they were independent.
  double stretches_of(std::size_t ahead) const {
    const std::size_t least = window_.day > 0 ? window_.day / 4 : 8;
    return static_cast<double>(window_.size() - horizons_.origins.front()) /
           static_cast<double>(std::max({std::size_t{1}, least, ahead}));
  }

  /// What was judged: calls visit(range, i) for each case.
  template <typename Visit>
  void for_judged(Visit visit) const {
    for (std::size_t range = 0; range < judged_.size(); ++range) {
      for (std::size_t i = 0; i < judged_[range][0].size(); ++i) visit(range, i);
    }
  }

  ModelScore score_combination() const {
    std::vector<ScoreSum> sums(level_ranges_.size());
    for_judged([&](std::size_t range, std::size_t i) {
      Quantiles mixed{};
      for (std::size_t q = 0; q < mixed.size(); ++q) {
        const Cases& cases = judged_[range][q];
        for (std::size_t m = 0; m < cases.said.size(); ++m)
          mixed[q] += level_shares_[range][q][m] * cases.said[m][i];
      }
      std::sort(mixed.begin(), mixed.end());
      sums[range].add(mixed, judged_[range][0].came[i]);
    });
    return make_score("combination", 1, sums, level_ranges_);
  }

  ModelScore score_distribution(const std::string& name, std::size_t m) const {
    std::vector<ScoreSum> sums(level_ranges_.size());
    for_judged([&](std::size_t range, std::size_t i) {
      Quantiles said{};
      for (std::size_t q = 0; q < said.size(); ++q) said[q] = judged_[range][q].said[m][i];
      sums[range].add(said, judged_[range][0].came[i]);
    });
    return make_score(name, level_share(m), sums, level_ranges_);
  }

  /// A path has no band of its own: it is given the quantiles of its errors.
  void score_members(std::vector<ModelScore>& scores) const {
    std::vector<std::vector<ScoreSum>> sums(members_.size(),
                                            std::vector<ScoreSum>(level_ranges_.size()));
    std::size_t from = 0;
    for (std::size_t range = 0; range < level_ranges_.size(); ++range) {
      const Cases cases = point_cases(from, level_ranges_[range], kLevelCases);
      from = level_ranges_[range];
      if (cases.size() == 0) continue;
      for (std::size_t m = 0; m < members_.size(); ++m) {
        std::vector<double> errors;
        for (std::size_t i = 0; i < cases.size(); ++i)
          errors.push_back(cases.came[i] - cases.said[m][i]);
        const Quantiles band = quantiles_of(errors);
        for (const double error : errors) sums[m][range].add(band, error);
      }
    }
    for (std::size_t m = 0; m < members_.size(); ++m)
      scores.push_back(
          make_score(members_[m].name, level_share(0) * point_share(m), sums[m], level_ranges_));
  }

  /// Of a member, over all distances.
  double point_share(std::size_t m) const {
    double share = 0;
    std::size_t from = 0;
    for (std::size_t range = 0; range < point_ranges_.size(); ++range) {
      share += point_shares_[range][m] * static_cast<double>(point_ranges_[range] - from);
      from = point_ranges_[range];
    }
    return share / static_cast<double>(horizons_.points);
  }

  /// Of a distribution, over all levels and distances.
  double level_share(std::size_t m) const {
    double share = 0;
    std::size_t from = 0;
    for (std::size_t range = 0; range < level_ranges_.size(); ++range) {
      for (const Shares& shares : level_shares_[range])
        share += shares[m] * static_cast<double>(level_ranges_[range] - from);
      from = level_ranges_[range];
    }
    return share / static_cast<double>(horizons_.points * kQuantileLevels.size());
  }

  const Window& window_;
  const std::chrono::nanoseconds step_;
  Horizons horizons_;
  RecentValues recent_;
  std::size_t distributions_;  ///< how many there are of each step
  LocalErrors errors_;
  RegimeChange change_;
  double least_;  ///< value ever seen
  std::vector<MemberPaths> members_;
  std::vector<std::vector<Quantiles>> online_;  ///< by origin and distance
  std::optional<ForestMember> forest_;          ///< where it is worth it
  std::vector<double> liveliness_;              ///< by origin
  std::vector<double> ages_;                    ///< by origin, in units
  std::vector<std::size_t> point_ranges_;
  std::vector<Shares> point_shares_;  ///< by range
  std::vector<std::size_t> level_ranges_;
  std::vector<std::array<Shares, kQuantileLevels.size()>> level_shares_;
  std::vector<std::array<Cases, kQuantileLevels.size()>> judged_;  ///< by range
};

Forecast make_forecast(const Run& run, const Series& history) {
  Forecast forecast;
  forecast.key = history.key;
  forecast.made_at = history.end();
  forecast.start = history.end();
  forecast.step = history.step;
  forecast.model = "combination";
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

#include "coordinator/forecast/online_forecaster.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

using std::chrono::nanoseconds;

constexpr std::array<nanoseconds, 3> kSeasons = {std::chrono::hours(1), std::chrono::days(1),
                                                 std::chrono::weeks(1)};
constexpr std::array<double, 3> kPeriodsRemembered = {24, 7, 4};
constexpr std::array<std::size_t, 3> kMostParts = {360, 1440, 2016};
constexpr std::uint32_t kFewestSteps = 4;  // of a season

constexpr double kShrinkage = 0.5;        // periods' worth of "as the level" in a shape
constexpr double kLevelRate = 0.03;       // without a season
constexpr double kSeasonalLevelRate = 1;  // a period
constexpr double kFastRate = 0.1;         // while errors are one-sided
constexpr double kLeastRatio = 0.05;      // of a shape that tells of the level
constexpr double kUnusual = 2;            // times the usual error
constexpr double kUsualMemory = 1.0 / 500;
constexpr double kOneSided = 0.9;          // |mean of errors| / mean of |errors|
constexpr double kErrorMemory = 1.0 / 20;  // rate of these means
constexpr double kForgetting = 0.998;      // of the lag model
constexpr double kFirstCovariance = 10;
constexpr double kMostCovariance = 1e6;
constexpr double kScoreMemory = 0.99;
constexpr std::uint32_t kFewestErrors = 10;  // for a band of its own
constexpr std::size_t kMostIterations = 300;
constexpr double kTiny = 1e-12;
constexpr std::uint32_t kMagic = 0x3166'6f66;  // "fof1"

std::int64_t period_of(nanoseconds season, nanoseconds step) {
  return season / step;
}

}  // namespace

OnlineForecaster::OnlineForecaster(nanoseconds step) : step_(step) {
  start_views();
}

void OnlineForecaster::start_views() {
  for (std::size_t v = 0; v < kViews; ++v) {
    View view;
    if (v > 0) {
      const auto period = period_of(kSeasons[v - 1], step_);
      if (period >= kFewestSteps) {
        view.period = static_cast<std::uint32_t>(period);
        view.remembered = kPeriodsRemembered[v - 1];
        const auto parts = std::min<std::size_t>(view.period, kMostParts[v - 1]);
        view.shape.assign(parts, 0.0F);
        view.seen.assign(parts, 0.0F);
      }
    }
    for (std::size_t i = 0; i < kLags; ++i) view.covariance[i][i] = kFirstCovariance;
    view.level = views_[v].level;
    view.values = views_[v].values;
    views_[v] = std::move(view);
  }
}

/// A ratio to the level says nothing once values are on both sides of zero.
void OnlineForecaster::use_offsets() {
  is_ratio_ = false;
  start_views();
  distances_ = {};
}

WallTime OnlineForecaster::end() const {
  return values_ == 0 ? WallTime() : WallTime(step_ * (last_ + 1));
}

std::size_t OnlineForecaster::part_of(const View& view, std::int64_t at) const {
  const auto place = static_cast<std::uint64_t>(((at % view.period) + view.period) % view.period);
  return static_cast<std::size_t>(place * view.shape.size() / view.period);
}

double OnlineForecaster::shape_at(const View& view, std::int64_t at) const {
  const double neutral = is_ratio_ ? 1 : 0;
  if (view.period == 0 || view.is_folded == 0) return neutral;
  const auto part = part_of(view, at);
  const double trust = view.seen[part] / (view.seen[part] + kShrinkage);
  return neutral + trust * (view.shape[part] - neutral);
}

double OnlineForecaster::base_at(const View& view, std::int64_t at) const {
  const double shape = shape_at(view, at);
  return is_ratio_ ? view.level * shape : view.level + shape;
}

void OnlineForecaster::learn(View& view, std::int64_t at, double value) const {
  if (view.values == 0) view.level = value;
  const double error = value - base_at(view, at);
  learn_lags(view, error);
  view.error += kErrorMemory * (error - view.error);
  view.distance += kErrorMemory * (std::abs(error) - view.distance);
  const double usual_rate = std::max(kUsualMemory, 1 / (view.values + 1));
  view.usual += usual_rate * (std::abs(error) - view.usual);

  const double shape = shape_at(view, at);
  view.values += 1;
  // Errors all on one side, and bigger than is usual: the regime has changed, not the shape.
  const bool is_settled = view.period == 0 || view.values > 2.0 * view.period;
  const bool is_new_regime = is_settled && view.distance > kUnusual * view.usual &&
                             std::abs(view.error) > kOneSided * view.distance;
  if (!is_ratio_ || shape > kLeastRatio) {
    double rate = view.period == 0 ? kLevelRate : kSeasonalLevelRate / view.period;
    if (is_new_regime) rate = std::max(rate, kFastRate);
    rate = std::max(rate, 1 / view.values);
    view.level += rate * ((is_ratio_ ? value / shape : value - shape) - view.level);
  }
  if (is_new_regime) return;
  if (view.period > 0) learn_shape(view, at, value);
}

/// In the first period the level is still on its way: values are kept as they are until it is over.
void OnlineForecaster::learn_shape(View& view, std::int64_t at, double value) const {
  double target = value;
  if (view.is_folded != 0) {
    if (is_ratio_ && view.level <= kTiny) return;
    target = is_ratio_ ? value / view.level : value - view.level;
  }
  const auto part = part_of(view, at);
  const double share = static_cast<double>(view.shape.size()) / view.period;  // of a part a value
  const double seen = std::min<double>(view.seen[part], view.remembered);
  view.shape[part] += static_cast<float>(share / (seen + share) * (target - view.shape[part]));
  view.seen[part] = static_cast<float>(seen + share);
  if (view.is_folded == 0 && view.values >= view.period) fold(view);
}

/// The first period's values become a level and what they are relative to it.
void OnlineForecaster::fold(View& view) const {
  double sum = 0;
  double count = 0;
  for (std::size_t part = 0; part < view.shape.size(); ++part) {
    if (view.seen[part] == 0) continue;
    sum += view.shape[part];
    ++count;
  }
  const double level = sum / count;
  const auto neutral = is_ratio_ ? 1.0F : 0.0F;
  for (std::size_t part = 0; part < view.shape.size(); ++part) {
    float& shape = view.shape[part];
    if (view.seen[part] == 0 || (is_ratio_ && level <= kTiny)) {
      shape = neutral;
    } else {
      shape = is_ratio_ ? static_cast<float>(shape / level) : static_cast<float>(shape - level);
    }
  }
  view.level = level;
  view.is_folded = 1;
}

void OnlineForecaster::learn_lags(View& view, double residual) const {
  // In units of the usual residual, so that the covariance's first guess fits every series.
  const double unit = std::max(view.distance, kTiny);
  Lags x = view.residuals;
  for (double& lag : x) lag /= unit;
  Lags gain{};
  double noise = kForgetting;
  for (std::size_t i = 0; i < kLags; ++i) {
    for (std::size_t j = 0; j < kLags; ++j) gain[i] += view.covariance[i][j] * x[j];
    noise += x[i] * gain[i];
  }
  double error = std::clamp(residual / unit, -10.0, 10.0);  // one spike is not the rule
  for (std::size_t i = 0; i < kLags; ++i) error -= view.coefficients[i] * x[i];
  for (std::size_t i = 0; i < kLags; ++i) view.coefficients[i] += gain[i] / noise * error;
  for (std::size_t i = 0; i < kLags; ++i) {
    for (std::size_t j = 0; j < kLags; ++j) {
      double& entry = view.covariance[i][j];
      entry = std::clamp((entry - gain[i] * gain[j] / noise) / kForgetting, -kMostCovariance,
                         kMostCovariance);
    }
  }
  std::shift_right(view.residuals.begin(), view.residuals.end(), 1);
  view.residuals[0] = residual;
}

OnlineForecaster::Outlook::Outlook(const std::array<View, kViews>& views) {
  for (std::size_t i = 0; i < kLags; ++i) {
    for (std::size_t v = 0; v < kViews; ++v) {
      coefficients_[i][v] = views[v].coefficients[i];
      residuals_[i][v] = views[v].residuals[i];
    }
  }
}

const OnlineForecaster::OfViews& OnlineForecaster::Outlook::next() {
  OfViews next{};
  OfViews most{};
  for (std::size_t i = 0; i < kLags; ++i) {
    for (std::size_t v = 0; v < kViews; ++v) {
      next[v] += coefficients_[i][v] * residuals_[i][v];
      most[v] = std::max(most[v], std::abs(residuals_[i][v]));
    }
  }
  for (std::size_t v = 0; v < kViews; ++v) next[v] = std::min(std::max(next[v], -most[v]), most[v]);
  std::shift_right(residuals_.begin(), residuals_.end(), 1);
  residuals_[0] = next;
  return residuals_[0];
}

bool OnlineForecaster::update(WallTime time, double value) {
  const std::int64_t at = time.time_since_epoch() / step_;
  const std::int64_t tolerated = 10 + std::chrono::hours(1) / step_;
  if (values_ > 0 && at <= last_) {
    if (last_ - at <= tolerated) return false;
    for (auto& distance : distances_) distance.pending = {};
    for (auto& view : views_) view.residuals = {};
    last_ = at - 1;
  }
  if (!std::isfinite(value)) {
    if (values_ == 0) return false;
    pass_gap(at - last_);
    last_ = at;
    return true;
  }
  if (values_ > 0) pass_gap(at - last_ - 1);
  if (value < 0 && is_ratio_) use_offsets();
  score(at, value);
  for (std::size_t v = 0; v < kViews; ++v)
    if (is_used(v)) learn(views_[v], at, value);
  last_ = at;
  ++values_;
  expect(at);
  return true;
}

/// Nothing is known of these steps: residuals are taken as what they are on the average, none.
void OnlineForecaster::pass_gap(std::int64_t steps) {
  if (steps <= 0) return;
  Outlook outlook(views_);
  for (std::int64_t i = 0; i < std::min<std::int64_t>(steps, kLags); ++i) outlook.next();
  const bool are_forgotten = steps > static_cast<std::int64_t>(kMostIterations);
  for (std::size_t v = 0; v < kViews; ++v) {
    for (std::size_t i = 0; i < kLags; ++i)
      views_[v].residuals[i] = are_forgotten ? 0 : outlook.residuals()[i][v];
  }
}

void OnlineForecaster::score(std::int64_t at, double value) {
  for (std::size_t d = 0; d < kDistances.size(); ++d) {
    Distance& distance = distances_[d];
    for (auto& expected : distance.pending) {
      if (expected.due == 0 || expected.due > at) continue;
      if (expected.due == at) {
        const double error = value - combined(d, expected.of_view);
        distance.ring[distance.told++ % kErrors] = static_cast<float>(error);
        distance.count = kScoreMemory * distance.count + 1;
        for (std::size_t v = 0; v < kViews; ++v) {
          distance.errors[v] +=
              (std::abs(value - expected.of_view[v]) - distance.errors[v]) / distance.count;
        }
      }
      expected.due = 0;
    }
  }
}

/// Forecasts that will be compared with what comes: some of each distance are always under way.
void OnlineForecaster::expect(std::int64_t at) {
  std::array<bool, kDistances.size()> is_due{};
  std::uint32_t farthest = 0;
  for (std::size_t d = 0; d < kDistances.size(); ++d) {
    const auto apart = std::max<std::int64_t>(1, kDistances[d] / std::int64_t{kPending});
    is_due[d] = at % apart == 0;
    if (is_due[d]) farthest = kDistances[d];
  }
  std::array<OfViews, kDistances.size()> expected{};
  Outlook outlook(views_);
  std::size_t d = 0;
  for (std::uint32_t ahead = 1; ahead <= farthest; ++ahead) {
    OfViews residuals{};
    if (ahead <= kMostIterations) {
      residuals = outlook.next();
    } else {
      ahead = kDistances[d];
    }
    if (ahead != kDistances[d]) continue;
    for (std::size_t v = 0; v < kViews && is_due[d]; ++v)
      if (is_used(v)) expected[d][v] = base_at(views_[v], at + ahead) + residuals[v];
    ++d;
  }
  for (d = 0; d < kDistances.size(); ++d) {
    if (!is_due[d]) continue;
    auto& pending = distances_[d].pending;
    const auto free = std::ranges::find(pending, 0, &Expected::due);
    if (free != pending.end()) *free = {at + kDistances[d], expected[d]};
  }
}

/// Where nothing has come out yet, as at the distance before.
OnlineForecaster::OfViews OnlineForecaster::weights(std::size_t d) const {
  while (d > 0 && distances_[d].count < 3) --d;
  const Distance& distance = distances_[d];
  OfViews weights{};
  if (distance.count == 0) {
    weights[0] = 1;
    return weights;
  }
  double best = distance.errors[0];
  for (std::size_t v = 0; v < kViews; ++v)
    if (is_used(v)) best = std::min(best, distance.errors[v]);
  best = std::max(best, kTiny);
  double sum = 0;
  for (std::size_t v = 0; v < kViews; ++v) {
    if (!is_used(v)) continue;
    const double square = std::pow(best / std::max(distance.errors[v], kTiny), 2);
    weights[v] = square * square;
    sum += weights[v];
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

double OnlineForecaster::combined(std::size_t distance, const OfViews& of_view) const {
  const auto shares = weights(distance);
  double sum = 0;
  for (std::size_t v = 0; v < kViews; ++v) sum += shares[v] * of_view[v];
  return sum;
}

/// Of errors.
Quantiles OnlineForecaster::band(std::size_t d) const {
  double factor = 1;
  while (d > 0 && distances_[d].told < kFewestErrors) {
    factor *= std::sqrt(static_cast<double>(kDistances[d]) / kDistances[d - 1]);
    --d;
  }
  const Distance& distance = distances_[d];
  const auto count = std::min<std::size_t>(distance.told, kErrors);
  Quantiles quantiles{};
  if (count == 0) return quantiles;
  std::array<float, kErrors> sorted = distance.ring;
  const std::span<float> errors(sorted.data(), count);
  std::ranges::sort(errors);
  for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
    // The rank that a next error has by chance; beyond the outermost, what is missing is added.
    const double rank = kQuantileLevels[q] * static_cast<double>(count + 1) - 1;
    const double last = static_cast<double>(count) - 1;
    const double within = std::clamp(rank, 0.0, last);
    const auto below = static_cast<std::size_t>(within);
    const auto above = std::min(below + 1, count - 1);
    const double part = within - static_cast<double>(below);
    double value = errors[below] + part * (errors[above] - errors[below]);
    if (rank < 0 || rank > last)
      value += (rank < 0 ? rank : rank - last) / static_cast<double>(count) *
               (errors[count - 1] - errors[0]);
    quantiles[q] = factor * value;
  }
  return quantiles;
}

ForecastOrReason OnlineForecaster::forecast(const SeriesKey& key, std::size_t points) const {
  if (values_ < kFewestValues) {
    const auto missing = static_cast<std::int64_t>(kFewestValues - values_);
    return NotYet{fmt::format("{} of {} values", values_, kFewestValues),
                  values_ == 0 ? WallTime() : end() + step_ * missing};
  }
  Forecast made = forecast_or_zero(points);
  made.key = key;
  return made;
}

Forecast OnlineForecaster::forecast_or_zero(std::size_t points) const {
  Forecast made;
  made.start = end();
  made.step = step_;
  made.model = "online";
  made.mean = path(points);
  made.quantiles.reserve(points);
  std::size_t d = 0;
  Quantiles near = band(0);
  Quantiles far = band(1);
  for (std::size_t p = 0; p < points; ++p) {
    const auto ahead = static_cast<std::uint32_t>(p + 1);
    if (d + 1 < kDistances.size() && ahead == kDistances[d + 1]) {
      ++d;
      near = far;
      if (d + 1 < kDistances.size()) far = band(d + 1);
    }
    const double part = d + 1 == kDistances.size() ? 0
                                                   : static_cast<double>(ahead - kDistances[d]) /
                                                         (kDistances[d + 1] - kDistances[d]);
    Quantiles& quantiles = made.quantiles.emplace_back();
    for (std::size_t q = 0; q < quantiles.size(); ++q) {
      quantiles[q] = made.mean[p] + near[q] + part * (far[q] - near[q]);
      if (is_ratio_) quantiles[q] = std::max(quantiles[q], 0.0);
    }
  }
  return made;
}

std::vector<double> OnlineForecaster::path(std::size_t points) const {
  std::vector<double> path(points, 0.0);
  Outlook outlook(views_);
  std::size_t d = 0;
  OfViews shares = weights(0);
  for (std::size_t p = 0; p < points; ++p) {
    const auto ahead = static_cast<std::int64_t>(p) + 1;
    if (d + 1 < kDistances.size() && ahead == kDistances[d + 1]) shares = weights(++d);
    const OfViews residuals = p < kMostIterations ? outlook.next() : OfViews{};
    for (std::size_t v = 0; v < kViews; ++v)
      if (shares[v] > 0) path[p] += shares[v] * (base_at(views_[v], last_ + ahead) + residuals[v]);
  }
  if (is_ratio_) {
    for (double& value : path) value = std::max(value, 0.0);
  }
  return path;
}

/// Visits every field in one order: to bytes, or from them.
struct OnlineForecaster::Archive {
  ByteBuffer* out = nullptr;
  ByteView in;
  bool is_short = false;

  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void visit(T& field) { raw(&field, sizeof field); }
  template <typename T>
  void visit(std::vector<T>& fields) {  // whose size is known
    raw(fields.data(), fields.size() * sizeof(T));
  }
  void raw(void* field, std::size_t size) {
    if (size == 0) return;  // no season: no memory
    if (out) {
      const auto* bytes = static_cast<const std::byte*>(field);
      out->insert(out->end(), bytes, bytes + size);
    } else if (in.size() < size) {
      is_short = true;
    } else {
      std::memcpy(field, in.data(), size);
      in = in.subspan(size);
    }
  }
  void all(OnlineForecaster& one) {
    visit(one.last_);
    visit(one.values_);
    for (auto& view : one.views_) {
      visit(view.is_folded);
      visit(view.shape);
      visit(view.seen);
      visit(view.level);
      visit(view.values);
      visit(view.error);
      visit(view.distance);
      visit(view.usual);
      visit(view.residuals);
      visit(view.coefficients);
      visit(view.covariance);
    }
    for (auto& distance : one.distances_) {
      for (auto& expected : distance.pending) {
        visit(expected.due);
        visit(expected.of_view);
      }
      visit(distance.errors);
      visit(distance.count);
      visit(distance.ring);
      visit(distance.told);
    }
  }
};

ByteBuffer OnlineForecaster::save() const {
  ByteBuffer bytes;
  Archive archive{&bytes, {}};
  auto magic = kMagic;
  std::int64_t step = step_.count();
  std::uint8_t is_ratio = is_ratio_ ? 1 : 0;
  archive.visit(magic);
  archive.visit(step);
  archive.visit(is_ratio);
  OnlineForecaster copy = *this;
  archive.all(copy);
  return bytes;
}

Result<OnlineForecaster> OnlineForecaster::restore(ByteView bytes) {
  const auto corrupt = [](std::string_view what) {
    return Error(ErrorCode::corrupt, fmt::format("state of an online forecast: {}", what));
  };
  Archive archive{nullptr, bytes};
  std::uint32_t magic = 0;
  std::int64_t step = 0;
  std::uint8_t is_ratio = 0;
  archive.visit(magic);
  archive.visit(step);
  archive.visit(is_ratio);
  if (archive.is_short || magic != kMagic) return corrupt("of another format");
  if (step < 1'000'000 || step > nanoseconds(std::chrono::weeks(1)).count() || is_ratio > 1)
    return corrupt(fmt::format("a step of {} ns", step));
  OnlineForecaster made{nanoseconds(step)};
  if (is_ratio == 0) made.use_offsets();
  archive.all(made);
  if (archive.is_short) return corrupt("cut short");
  if (!archive.in.empty()) return corrupt(fmt::format("{} bytes too many", archive.in.size()));
  const std::int64_t last_possible = std::numeric_limits<std::int64_t>::max() / step / 2;
  if (std::abs(static_cast<double>(made.last_)) > static_cast<double>(last_possible))
    return corrupt("a time beyond all");
  const auto are_finite = [](const auto& values) {
    return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
  };
  for (const auto& view : made.views_) {
    bool is_sound =
        view.is_folded <= 1 && are_finite(view.shape) && are_finite(view.seen) &&
        are_finite(view.residuals) && are_finite(view.coefficients) &&
        are_finite(std::array{view.level, view.values, view.error, view.distance, view.usual}) &&
        view.values >= 0;
    for (const auto& row : view.covariance) is_sound = is_sound && are_finite(row);
    for (const float seen : view.seen) is_sound = is_sound && seen >= 0;
    if (!is_sound) return corrupt("a number that cannot be");
  }
  for (const auto& distance : made.distances_) {
    bool is_sound = are_finite(distance.errors) && are_finite(distance.ring) &&
                    std::isfinite(distance.count) && distance.count >= 0;
    for (const auto& expected : distance.pending)
      is_sound = is_sound && are_finite(expected.of_view);
    if (!is_sound) return corrupt("an error that cannot be");
  }
  return made;
}

}  // namespace foreshock::coordinator

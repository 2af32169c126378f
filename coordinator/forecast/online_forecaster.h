#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// Forecasts one series as its values come, in constant time a value and bounded memory: for the
/// many series that nobody looks at.
///
/// Four views of the series, each a level and a seasonal shape relative to it (none, an hour, a
/// day, a week; the rank-1 model "level × shape", as offsets where values are negative), and a
/// recursive least-squares model of the last three residuals (Ljung, "System Identification", 1999,
/// section 11.2). For each of some distances the views are weighted by the inverse of their
/// discounted errors there (Bates & Granger, "The combination of forecasts", 1969), and the band is
/// that of the combination's own latest errors with the ranks of split conformal prediction (Vovk
/// et al., "Algorithmic learning in a random world", 2005). Levels follow a changed regime faster
/// while errors are one-sided (Trigg & Leach, "Exponential smoothing with an adaptive response
/// rate", 1967).
///
/// Seasons are those of UTC. Not thread-safe.
class OnlineForecaster {
 public:
  static constexpr std::size_t kFewestValues = 12;
  /// Of save(), at the most.
  static constexpr std::size_t kMaxStateBytes = std::size_t{64} << 10;

  /// `step` of the series, positive; a week of them at the most.
  explicit OnlineForecaster(std::chrono::nanoseconds step);

  /// The value of the step that begins at `time` (rounded down to whole steps). NaN: not known. A
  /// step that was told, or is older, is left out: false. A clock that was set back by more than an
  /// hour and ten steps is believed, and what was to be compared with values to come is forgotten.
  bool update(WallTime time, double value);

  /// The steps after the last one that was told.
  ForecastOrReason forecast(const SeriesKey& key, std::size_t points) const;

  /// The same, however few values there were: without any, all 0.
  Forecast forecast_or_zero(std::size_t points) const;

  std::chrono::nanoseconds step() const { return step_; }
  /// Where the next value is expected; the epoch: none was told yet.
  WallTime end() const;

  /// All of it; restore() gives an equal one. `corrupt` says what is wrong with such bytes.
  ByteBuffer save() const;
  static Result<OnlineForecaster> restore(ByteView bytes);

 private:
  static constexpr std::size_t kLags = 3;
  static constexpr std::size_t kViews = 4;
  static constexpr std::array<std::uint32_t, 18> kDistances = {
      1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 140, 200, 300, 450, 700, 1000, 1500};
  static constexpr std::size_t kPending = 8;   // forecasts under way for each distance
  static constexpr std::size_t kErrors = 128;  // the latest of each distance

  using Lags = std::array<double, kLags>;
  using OfViews = std::array<double, kViews>;

  /// Level and shape, and how residuals go on.
  struct View {
    std::uint32_t period = 0;    ///< steps; 0: no season
    std::uint8_t is_folded = 0;  ///< the shape is relative to the level, else it has values
    double remembered = 0;       ///< periods that the shape is of
    std::vector<float> shape;    ///< by part of the period: ratio to the level, or offset
    std::vector<float> seen;     ///< how many periods have told of it
    double level = 0;
    double values = 0;    ///< that the level is of
    double error = 0;     ///< of one step, smoothed: with its sign
    double distance = 0;  ///< and without
    double usual = 0;     ///< the same over a long time
    Lags residuals{};     ///< newest first
    Lags coefficients{};
    std::array<Lags, kLags> covariance{};  ///< of the coefficients, less the noise's variance
  };
  struct Expected {
    std::int64_t due = 0;  ///< step; 0: none
    OfViews of_view{};
  };
  struct Distance {
    std::array<Expected, kPending> pending;
    OfViews errors{};  ///< discounted means of distances
    double count = 0;
    std::array<float, kErrors> ring{};  ///< errors of the combination
    std::uint32_t told = 0;             ///< to the ring, ever
  };
  /// How the residuals of all views go on, step by step; side by side, because that is many times
  /// as fast.
  class Outlook {
   public:
    explicit Outlook(const std::array<View, kViews>& views);
    /// Never beyond the latest residuals: an unstable model does not run away.
    const OfViews& next();
    const std::array<OfViews, kLags>& residuals() const { return residuals_; }

   private:
    std::array<OfViews, kLags> coefficients_{};
    std::array<OfViews, kLags> residuals_{};
  };
  struct Archive;

  void start_views();
  void use_offsets();
  std::size_t part_of(const View& view, std::int64_t at) const;
  double shape_at(const View& view, std::int64_t at) const;
  double base_at(const View& view, std::int64_t at) const;
  void learn(View& view, std::int64_t at, double value) const;
  void learn_shape(View& view, std::int64_t at, double value) const;
  void fold(View& view) const;
  void learn_lags(View& view, double residual) const;
  void score(std::int64_t at, double value);
  void expect(std::int64_t at);
  /// One without a season of its own would say what the first says.
  bool is_used(std::size_t view) const { return view == 0 || views_[view].period > 0; }
  OfViews weights(std::size_t distance) const;
  double combined(std::size_t distance, const OfViews& of_view) const;
  Quantiles band(std::size_t distance) const;
  std::vector<double> path(std::size_t points) const;
  void pass_gap(std::int64_t steps);

  std::chrono::nanoseconds step_{};
  std::int64_t last_ = 0;  ///< step; 0: none yet
  std::uint64_t values_ = 0;
  bool is_ratio_ = true;
  std::array<View, kViews> views_;
  std::array<Distance, kDistances.size()> distances_;
};

}  // namespace foreshock::coordinator

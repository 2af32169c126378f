#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace foreshock::coordinator {

/// A way to continue a series by its middle values; what surrounds it (intervals, choice) is the
/// same for all. Pure and deterministic; any thread.
class PointModel {
 public:
  virtual ~PointModel() = default;
  virtual std::string name() const = 0;
  /// The next `points` values. `values` holds at least one that is known; gaps are NaN. `season` in
  /// steps, 0: none.
  virtual std::vector<double> predict(const std::vector<double>& values, std::size_t season,
                                      std::size_t points) const = 0;
};

/// The value one season before; without a season the recent level. Everything else must beat it.
class SeasonalNaive final : public PointModel {
 public:
  std::string name() const override { return "seasonal-naive"; }
  std::vector<double> predict(const std::vector<double>& values, std::size_t season,
                              std::size_t points) const override;
};

/// Exponential smoothing with a damped trend and, where there is a season, additive seasonal terms;
/// gaps keep the state. Smoothing weights by the least squared one-step error on a coarse grid.
/// Source: Holt (1957), Winters (1960), Gardner & McKenzie, "Forecasting trends in time series"
/// (1985).
class DampedHoltWinters final : public PointModel {
 public:
  std::string name() const override { return "damped-holt-winters"; }
  std::vector<double> predict(const std::vector<double>& values, std::size_t season,
                              std::size_t points) const override;
};

}  // namespace foreshock::coordinator

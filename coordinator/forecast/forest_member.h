#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "coordinator/forecast/window.h"
#include "coordinator/forest/quantile_forest.h"
#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// A forest over everything that the other members look at one by one: what was at the same time of
/// the last days and of the last week, the last value, means of the last hour, quarter day and
/// days, the time of the hour, day and week, and how far ahead. It finds by itself when which of
/// them tells something. It is taught with random pairs of an origin and a step ahead of it, anew
/// every quarter of the history, so that what it said of the past did not know what came.
///
/// Of the dearest of the members: some tenths of a second for two weeks of minutes. One thread.
class ForestMember {
 public:
  /// With less it learns nothing that the other members do not know.
  static bool is_worth_it(const Window& window);

  /// @param window  borrowed; one that it is worth for
  /// @param first   the first origin that will be asked for
  /// @param points  how far ahead will be asked for
  ForestMember(const Window& window, std::size_t first, std::size_t points);

  /// Of step `origin + h`, the values before `origin` known.
  double mean(std::size_t origin, std::size_t h) const;
  Quantiles quantiles(std::size_t origin, std::size_t h) const;

 private:
  static constexpr std::size_t kFeatures = 15;
  using Row = std::array<double, kFeatures>;
  struct Taught {
    std::size_t end;  ///< by the values before it
    QuantileForest forest;
  };

  Row row_of(std::size_t origin, std::size_t h) const;
  /// Of the values [from, to), as far as they are there.
  double mean_of(std::ptrdiff_t from, std::ptrdiff_t to) const;
  /// What forests tell the difference to: the mean of the day before the origin.
  double level(std::size_t origin) const;
  QuantileForest teach(std::size_t end) const;
  const QuantileForest& forest_for(std::size_t origin) const;

  const Window& window_;
  const std::size_t points_;
  std::vector<double> sums_;  ///< of the values before each step
  std::vector<Taught> taught_;
};

}  // namespace foreshock::coordinator

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "coordinator/anomaly/verdict.h"
#include "coordinator/model/anomaly.h"
#include "coordinator/model/forecast.h"
#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// Watches many series as they go on: each by detectors of its own, and by what was forecast for
/// it. At most max_series, 200 KiB each. One thread.
class AnomalyWatch {
 public:
  explicit AnomalyWatch(std::size_t max_series) : max_series_(max_series) {}

  /// Up to where the values of this series were seen; absent: none yet.
  std::optional<WallTime> seen_until(const SeriesKey& key) const;
  /// Series that are watched.
  std::size_t watched() const { return watches_.size(); }
  /// Of these, the ones of which so little was seen that only what is far out is told.
  std::size_t settling() const;

  /// What came after seen_until() in this series. The first time all of it is the past, which is
  /// learned from and not told. A series beyond max_series is not watched.
  /// @param peaks  the highest value within each step, with the same start, step and size; what is
  /// shorter than a step hardly shows in its mean. May be without values.
  std::vector<Anomaly> watch(const Series& series, const Series& peaks = {});

  /// Values outside of this forecast's band are unusual to one more detector, "band": at its 95 %
  /// edge half, a band's width beyond it fully. The newest forecast that covers a time counts.
  void expect(const Forecast& forecast);

  /// Series without a value since then are forgotten.
  void forget_unseen(WallTime before);

 private:
  struct Watch {
    SeriesWatch series;
    SeriesWatch peaks{make_peak_detectors()};
    WallTime until;
    Forecast expected;
  };

  static std::vector<std::unique_ptr<Detector>> make_peak_detectors();
  /// Both together: they are detectors of the same step.
  static Verdict join(Verdict verdict, Verdict peak);
  static std::optional<Suspicion> outside_band(const Forecast& forecast, WallTime time,
                                               double value);

  const std::size_t max_series_;
  std::map<SeriesKey, Watch> watches_;
};

}  // namespace foreshock::coordinator

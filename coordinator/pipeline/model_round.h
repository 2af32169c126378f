#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "coordinator/forecast/combination.h"
#include "coordinator/model/model_version.h"
#include "coordinator/registry/drift_watch.h"
#include "coordinator/registry/model_store.h"
#include "coordinator/registry/retraining_requests.h"

namespace foreshock::coordinator {

/// The part of a learning round that forecasts, each series by the version of its model that
/// serves, and trains new versions when it is time. Thread `learn`.
class ModelRound {
 public:
  struct Options {
    std::chrono::nanoseconds retrain_interval = std::chrono::hours(6);
    std::chrono::nanoseconds max_age = std::chrono::days(90);  ///< of series that are gone
    std::size_t points = 60;                                   ///< steps ahead
  };
  /// Borrowed; outlive it.
  struct Parts {
    ModelStore& store;
    RetrainingRequests& requests;
  };
  ModelRound(Options options, Parts parts) : options_(options), parts_(parts) {}

  void note(const std::vector<ScoredPoint>& scored);

  /// Takes over what people changed. Call it before the forecasts of a round.
  Result<void> begin();
  struct Outcome {
    ForecastOrReason forecast;
    std::vector<ModelScore> scores;  ///< of the version that made it, when it was trained
  };
  /// Trains first where that is due.
  Result<Outcome> forecast(const Series& series, WallTime now);
  /// After them.
  Result<void> end(const std::vector<Series>& series, WallTime now);

 private:
  struct Served {
    ModelChoice choice;
    std::optional<ModelVersion> version;  ///< absent: not read yet, or it cannot be
    /// Of the newest, whether it serves or not: that is when the next one is due.
    WallTime trained_at;
    std::size_t trained_points = 0;
    bool is_unfit = false;  ///< as of the last forecast
  };

  std::optional<TrainingCause> why_train(const Series& series, const Served* served, WallTime now);
  Result<void> train(const Series& series, TrainingCause cause, WallTime now);
  /// Null: the series has no version.
  Served* find(const SeriesKey& key);
  Result<void> take_over_choices();

  const Options options_;
  const Parts parts_;
  Combination forecaster_;
  DriftWatch drift_;
  std::map<SeriesKey, Served> served_;
  std::optional<std::uint64_t> changes_;
  std::size_t trained_ = 0;  ///< in this round
};

/// What a rolling back-test says of two ways to forecast the newest quarter of a history.
struct Contest {
  double loss = 0;        ///< mean pinball loss of shares learned before that quarter
  double rival_loss = 0;  ///< of the given shares
  std::size_t origins = 0;
  /// A draw is won: the new one knows more.
  bool is_won() const { return loss <= rival_loss * 1.02; }
};

/// Absent: the history is too short, or the rival's shares do not fit it any more. The rival may
/// have seen that quarter when it learned, which is in its favour.
std::optional<Contest> contest(const Combination& forecaster, const Series& history,
                               std::size_t points, const MemberShares& rival);

}  // namespace foreshock::coordinator

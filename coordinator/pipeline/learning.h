#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "common/base/clock.h"
#include "common/sync/snapshot.h"
#include "coordinator/history/history_store.h"
#include "coordinator/lead/lead_finder.h"
#include "coordinator/lead/lead_search.h"
#include "coordinator/model/learned_state.h"
#include "coordinator/model/live_view.h"
#include "coordinator/pipeline/anomaly_round.h"
#include "coordinator/pipeline/calendar_round.h"
#include "coordinator/pipeline/deciding.h"
#include "coordinator/pipeline/model_round.h"
#include "coordinator/pipeline/online_round.h"
#include "coordinator/pipeline/tag_round.h"
#include "coordinator/registry/accuracy_log.h"
#include "coordinator/registry/forecast_check.h"
#include "coordinator/tag/tagger.h"

namespace foreshock::coordinator {

/// One round of learning: reads history, finds lead commands, fits forecasts, watches
/// for anomalies, assigns tags. Thread
/// `learn`.
class Learning {
 public:
  struct Options {
    std::chrono::nanoseconds interval = std::chrono::minutes(1);
    std::chrono::nanoseconds step = std::chrono::seconds(10);
    std::chrono::nanoseconds history = std::chrono::hours(6);
    std::chrono::nanoseconds horizon = std::chrono::minutes(10);
    /// A version of a series' model is so old before the next one is trained, at the latest.
    std::chrono::nanoseconds retrain_interval = std::chrono::hours(6);
    std::size_t max_series = 256;  ///< with a trained model: those that a policy looks at first
    std::size_t max_online_series = 2000;  ///< further ones, forecast value by value
    LeadFinderOptions leads;
    /// Beside what policies look at, leads are looked for of so many of the busiest workloads: what
    /// a policy would be worth is to be seen before there is one.
    std::size_t led_without_policy = 8;
    AnomalyOptions anomalies;
    std::vector<CalendarSource> calendars;
    /// A lead that was found stays this many rounds after it was last confirmed: near the threshold
    /// evidence comes and goes.
    std::size_t keep_rounds = 5;
    /// Leads of minutes to hours: how far back is looked, and how often.
    std::chrono::nanoseconds long_history = std::chrono::days(14);
    std::chrono::nanoseconds long_interval = std::chrono::hours(1);
    LeadSearchOptions long_leads;
  };

  /// Borrowed; all outlive it.
  struct Parts {
    HistoryReader& history;
    const Deciding& deciding;  ///< only its policies are read
    TagRound& tags;
    const Snapshot<LiveView>& live;  ///< which workloads are busy
    AccuracyLog& accuracy;
    ModelStore& models;
    OnlineStore& online;
    RetrainingRequests& retraining;
    AnomalyLog& anomalies;
    UnusualSessions& unusual_sessions;
    MetricRegistry& metrics;
  };
  Learning(const Options& options, Parts parts);

  /// Called with the state before the round in which tags and leads are already the new ones.
  using OnLeads = std::function<void(LearnedState)>;
  /// Leads are found and told first, since forecasts take far longer. A failed read keeps what was
  /// known and says why in `problem`.
  LearnedState learn(const LearnedState& before, WallTime now, const OnLeads& on_leads);

 private:
  /// What a round is about.
  struct Scope {
    /// What a policy looks at and whole hosts first, then the others, the busiest first.
    std::vector<SeriesKey> watched;
    std::vector<SeriesKey> others;     ///< what is left, forecast online
    std::vector<Series> series;        ///< those of them that have values, in the same order
    std::vector<SeriesKey> led_loads;  ///< CPU use that is looked at for long leads
    std::set<SeriesKey> concerned;     ///< those that a policy looks at
  };
  Result<LearnedState> try_learn(const LearnedState& before, WallTime now, const OnLeads& on_leads);
  void put_busiest_first(std::vector<SeriesKey>& keys) const;
  Result<Scope> choose_series(const std::vector<Tag>& tags, WallTime now);
  std::vector<Series> choose_led(const Scope& scope) const;
  Result<std::vector<LeadCommand>> look_for_leads(const Scope& scope, WallTime now);
  Result<void> forecast(const Scope& scope, LearnedState& state, WallTime now);
  /// The found ones, and those of earlier rounds that are still to be kept.
  std::vector<LeadCommand> keep_confirmed(std::vector<LeadCommand> found);
  void add_priors(const std::vector<Series>& series, LearnedState& state, WallTime now);
  /// Looks for long leads of these loads, when it is time again.
  Result<void> learn_long_leads(const std::vector<SeriesKey>& keys, WallTime now);
  Result<std::vector<Series>> read_series(const std::vector<SeriesKey>& keys, WallTime now);
  Result<std::vector<TaggedSubject>> read_subjects(WallTime now);

  /// What came of earlier forecasts of these series goes to the log.
  Result<void> check_forecasts(const std::vector<Series>& series, WallTime now);

  const Options options_;
  const Parts parts_;
  ModelRound models_;
  OnlineRound online_;
  ForecastCheck check_;
  AnomalyRound anomalies_;
  CalendarRound calendars_;
  struct Confirmed {
    LeadCommand lead;
    std::size_t rounds_ago = 0;
  };
  std::vector<Confirmed> confirmed_;
  std::vector<LeadCommand> long_leads_;
  WallTime long_learned_at_;
};

/// The names agents are asked to watch for, so that these leads are seen at once. Where the load is
/// minutes away, the next report is soon enough. `rules`: how they are to name commands.
WatchList make_watch_list(const std::vector<LeadCommand>& leads, std::vector<SignatureRule> rules,
                          std::uint64_t version);

}  // namespace foreshock::coordinator

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/signature/command_namer.h"
#include "common/signature/signature_rules.h"
#include "common/sync/snapshot.h"
#include "common/telemetry/metrics.h"
#include "coordinator/anomaly/unusual_sessions.h"
#include "coordinator/decide/decision_log.h"
#include "coordinator/dispatch/dispatcher.h"
#include "coordinator/history/command_reader.h"
#include "coordinator/history/history_store.h"
#include "coordinator/ingest/gateway.h"
#include "coordinator/model/learned_state.h"
#include "coordinator/model/live_view.h"
#include "coordinator/pipeline/arming.h"
#include "coordinator/pipeline/deciding.h"
#include "coordinator/pipeline/live_state.h"
#include "coordinator/sequence/session_watch.h"

namespace foreshock::coordinator {

/// The order of steps for one report, from the queue to the command: commit, acknowledge, notice
/// lead commands, decide, record, dispatch. Thread `pipeline`; owns the writing side of history and
/// decisions.
class Pipeline {
 public:
  struct Options {
    std::chrono::nanoseconds decide_interval = std::chrono::seconds(1);
    std::chrono::nanoseconds max_age = std::chrono::hours(24 * 30);
    HistoryLimits history_limits;
    Dispatcher::Options dispatch;
    std::vector<ReflexRule> reflex_rules;
  };
  /// Borrowed; all outlive the pipeline.
  struct Parts {
    InboundQueue& inbound;
    HistoryStore& history;
    DecisionLog& decisions;
    const Snapshot<LearnedState>& learned;
    Snapshot<LiveView>& live_view;
    std::function<bool(Outbound)> post;
    MetricRegistry& metrics;
    const Clock& clock;
    const Snapshot<SignatureRules>& signature_rules;  ///< how commands are named
    UnusualSessions& unusual_sessions;                ///< found here, for whoever writes them down
  };

  Pipeline(Options options, std::vector<Policy> policies, std::uint64_t epoch, Parts parts);

  /// From any thread: takes over these policies and intervals at the next turn. How commands are
  /// sent stays.
  void reconfigure(Options options, std::vector<Policy> policies);

  /// Before the first turn: learns from what was recorded what users run usually. A coordinator
  /// that was started again does not find all of it strange.
  Result<void> recall_sessions(CommandReader& recorded);

  void run(std::stop_token stop);
  /// One turn: what is in the queue (waiting at most `timeout` for the first), then what is due.
  void poll_once(std::chrono::milliseconds timeout, std::stop_token stop);

 private:
  void apply_settings();
  void take_in(std::vector<Inbound> inbound);
  void commit(std::vector<ReceivedBatch> batches);
  void on_append_failed(std::size_t batches, const Error& error);
  void on_committed(HostId host, const ReceivedBatch& batch);
  void follow_sessions(HostId host, const Report& report);
  void record_outcomes(const Report& report);
  void record_outcome(const ActionOutcome& outcome);
  void on_urgent(const UrgentReceived& received);
  bool notice_lead(HostId host, const BootId& boot, const Execution& execution, WallTime exec_time);
  void on_outcome(HostId host, const ActionOutcome& outcome);
  void on_arming_outcome(HostId host, const ActionOutcome& outcome);
  std::vector<LeadSighting> expect_runs(const LearnedState& learned, WallTime now) const;
  void decide(WallTime now);
  void arm_reflexes(WallTime now);
  void record_and_dispatch(Decision decision, WallTime now);
  void dispatch(const RecordedDecision& recorded, WallTime now);
  void do_what_is_due(WallTime now);

  struct Settings {
    std::uint64_t version = 0;
    Options options;
    std::vector<Policy> policies;
  };

  Options options_;
  const Parts parts_;
  Snapshot<Settings> settings_;
  std::uint64_t settings_version_ = 0;
  const std::uint64_t epoch_;
  Deciding deciding_;
  Arming arming_;
  LiveState live_;
  SessionWatch sessions_;
  CommandNamer namer_;
  Dispatcher dispatcher_;
  std::map<SeriesKey, Forecast> decided_forecasts_;
  std::optional<LiveView::HistoryProblem> history_problem_;
  bool decide_now_ = false;
  WallTime last_decided_;
  WallTime last_pruned_;
  Counter& committed_batches_;
  Counter& repeated_batches_;
  Counter& committed_executions_;
  Counter& failed_commits_;
  Counter& lead_sightings_;
  Counter& unusual_sessions_;
  Counter& recorded_decisions_;
  Counter& sent_commands_;
};

}  // namespace foreshock::coordinator

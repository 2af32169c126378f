#include "coordinator/pipeline/pipeline.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/log.h"
#include "coordinator/pipeline/expected_runs.h"

namespace foreshock::coordinator {

namespace {

constexpr std::chrono::hours kPlannedAhead{24};
/// One transaction holds at most this many batches: enough to share the cost of a durable commit
/// among many agents, few enough that no agent waits long for its acknowledgement.
constexpr std::size_t kBatchesPerCommit = 256;
constexpr auto kPruneInterval = std::chrono::minutes(1);

constexpr std::size_t kFollowedSessions = 4096;
constexpr std::size_t kShownSessions = 64;
/// Some seconds of learning at the start.
constexpr std::size_t kRecalledCommands = 250'000;
constexpr std::size_t kRecalledTypedCommands = 100'000;

}  // namespace

Pipeline::Pipeline(Options options, std::vector<Policy> policies, std::uint64_t epoch, Parts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      epoch_(epoch),
      deciding_(policies),
      arming_(options_.reflex_rules, std::move(policies)),
      sessions_({}, kFollowedSessions),
      dispatcher_(options_.dispatch, epoch,
                  [this](const std::string& public_key, const Command& command) {
                    const bool posted = parts_.post(Outbound{public_key, command});
                    if (posted) sent_commands_.add();
                    return posted;
                  }),
      committed_batches_(
          parts_.metrics.counter("foreshock_history_batches_total", "Batches committed")),
      repeated_batches_(parts_.metrics.counter("foreshock_history_repeated_batches_total",
                                               "Batches that had been committed before")),
      committed_executions_(
          parts_.metrics.counter("foreshock_history_executions_total", "Executions committed")),
      failed_commits_(parts_.metrics.counter("foreshock_history_failed_commits_total",
                                             "Transactions that failed")),
      lead_sightings_(parts_.metrics.counter("foreshock_lead_sightings_total",
                                             "Executions of lead commands seen")),
      unusual_sessions_(parts_.metrics.counter(
          "foreshock_unusual_sessions_total",
          "Times that what a user ran on a host became much more surprising than usual")),
      recorded_decisions_(
          parts_.metrics.counter("foreshock_decisions_total", "Decisions recorded")),
      sent_commands_(parts_.metrics.counter("foreshock_commands_sent_total",
                                            "Commands sent, repeats included")) {}

void Pipeline::reconfigure(Options options, std::vector<Policy> policies) {
  settings_.publish({.version = settings_.read()->version + 1,
                     .options = std::move(options),
                     .policies = std::move(policies)});
}

void Pipeline::apply_settings() {
  const auto settings = settings_.read();
  if (settings->version == settings_version_) return;
  settings_version_ = settings->version;
  options_ = settings->options;
  deciding_.set_policies(settings->policies);
  arming_.set_policies(settings->policies);
  arming_.set_rules(options_.reflex_rules);
  decide_now_ = true;
}

Result<void> Pipeline::recall_sessions(CommandReader& recorded) {
  std::size_t commands = 0;
  FS_CHECK(recorded.newest(
      kRecalledCommands, kRecalledTypedCommands, [&](const RecordedCommand& command) {
        ++commands;
        sessions_.on_command({command.host, command.uid, command.time, command.signature,
                              command.argv.words, command.on_terminal});
      }));
  const auto told_before = sessions_.take_unusual();
  log_info("sessions_recalled commands={} unusual={}", commands, told_before.size());
  return {};
}

void Pipeline::run(std::stop_token stop) {
  while (!stop.stop_requested()) poll_once(std::chrono::milliseconds(200), stop);
}

void Pipeline::poll_once(std::chrono::milliseconds timeout, std::stop_token stop) {
  apply_settings();
  if (auto first = parts_.inbound.pop_for(timeout, stop)) {
    std::vector<Inbound> inbound = parts_.inbound.drain(kBatchesPerCommit - 1);
    inbound.insert(inbound.begin(), std::move(*first));
    take_in(std::move(inbound));
  }
  do_what_is_due(parts_.clock.wall_now());
}

void Pipeline::take_in(std::vector<Inbound> inbound) {
  // Urgent copies first: they are why the others can wait for the disk.
  std::vector<ReceivedBatch> batches;
  for (auto& entry : inbound) {
    if (auto* urgent = std::get_if<UrgentReceived>(&entry)) {
      on_urgent(*urgent);
    } else {
      batches.push_back(std::move(std::get<ReceivedBatch>(entry)));
    }
  }
  if (decide_now_) decide(parts_.clock.wall_now());
  if (!batches.empty()) commit(std::move(batches));
}

void Pipeline::commit(std::vector<ReceivedBatch> batches) {
  const auto appended = parts_.history.append(batches);
  if (!appended && appended.error().code() == ErrorCode::conflict && batches.size() > 1) {
    // One of them says what cannot be: the others do not wait for it.
    for (auto& batch : batches) {
      std::vector<ReceivedBatch> alone;
      alone.push_back(std::move(batch));
      commit(std::move(alone));
    }
    return;
  }
  // What is not acknowledged, the agents keep and send again.
  if (!appended) return on_append_failed(batches.size(), appended.error());
  if (history_problem_) log_info("history_append_works_again");
  history_problem_.reset();
  std::map<std::pair<std::string, Incarnation>, std::vector<std::uint64_t>> acks;
  for (const auto& batch : batches)
    acks[{batch.public_key, batch.incarnation}].push_back(batch.sequence);
  for (auto& [sender, sequences] : acks) {
    parts_.post(Outbound{sender.first, Ack{sender.second, std::move(sequences)}});
  }
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if ((*appended)[i].repeated) {
      repeated_batches_.add();
      record_outcomes(batches[i].report);
    } else {
      committed_batches_.add();
      on_committed((*appended)[i].host, batches[i]);
    }
  }
}

void Pipeline::on_append_failed(std::size_t batches, const Error& error) {
  failed_commits_.add();
  log_error("history_append_failed batches={} error=\"{}\"", batches, error.message());
  if (error.code() == ErrorCode::conflict) return;  // of one batch, not of the history
  const WallTime since = history_problem_ ? history_problem_->since : parts_.clock.wall_now();
  history_problem_ = {.since = since, .what = error.message()};
}

void Pipeline::on_committed(HostId host, const ReceivedBatch& batch) {
  const Report& report = batch.report;
  committed_executions_.add(report.executions.size());
  live_.on_report(host, batch.public_key, report);
  for (const auto& execution : report.executions) {
    notice_lead(host, report.boot_id, execution, report.to_wall(execution.exec_time));
  }
  follow_sessions(host, report);
  for (const auto& outcome : report.outcomes) on_outcome(host, outcome);
}

/// Each execve once, in the order in which they were. One that outlives its period is reported
/// twice, the second time with its end.
void Pipeline::follow_sessions(HostId host, const Report& report) {
  std::vector<const Execution*> fresh;
  for (const auto& execution : report.executions) {
    if (execution.existing || !execution.exec_seen) continue;
    if (execution.end && execution.exec_time < report.period_start) continue;
    fresh.push_back(&execution);
  }
  std::ranges::stable_sort(fresh, {}, [](const Execution* one) { return one->exec_time; });
  namer_.use(parts_.signature_rules.read());
  for (const Execution* one : fresh) {
    const auto& signature = namer_.name(one->argv, one->filename);
    const auto& identity = one->facts.identity;
    sessions_.on_command({host, identity.login_uid.value_or(identity.uid),
                          report.to_wall(one->exec_time), signature.text, one->argv.words,
                          !one->tty.empty()});
  }
  auto unusual = sessions_.take_unusual();
  for (const UnusualSession& one : unusual) {
    log_warning("unusual_session host={} uid={} score={:.2f} reason=\"{}\"", one.host, one.uid,
                one.score, one.reason);
  }
  unusual_sessions_.add(unusual.size());
  parts_.unusual_sessions.add(std::move(unusual));
}

/// Of a batch that came before: its commit may have been the last thing an earlier life of ours
/// did.
void Pipeline::record_outcomes(const Report& report) {
  for (const auto& outcome : report.outcomes) record_outcome(outcome);
}

void Pipeline::record_outcome(const ActionOutcome& outcome) {
  const auto recorded = parts_.decisions.record_outcome(outcome);
  if (recorded) return;
  log_error("outcome_not_recorded decision={} error=\"{}\"", outcome.decision_id,
            recorded.error().message());
}

void Pipeline::on_urgent(const UrgentReceived& received) {
  const auto host = live_.host_of(received.public_key);
  if (!host) return;  // its batch follows
  const auto& urgent = received.urgent;
  const WallTime exec_time(urgent.execution.exec_time.time_since_epoch() + urgent.wall_minus_boot);
  notice_lead(*host, urgent.boot_id, urgent.execution, exec_time);
}

bool Pipeline::notice_lead(HostId host, const BootId& boot, const Execution& execution,
                           WallTime exec_time) {
  const auto learned = parts_.learned.read();
  if (learned->leads.empty() || execution.existing || !execution.exec_seen) return false;
  namer_.use(parts_.signature_rules.read());
  const auto& signature = namer_.name(execution.argv, execution.filename);
  bool noticed = false;
  for (const auto& lead : learned->leads) {
    if (lead.source_host != host || lead.signature != signature.text) continue;
    if (!live_.on_sighting(lead, host, boot, execution, exec_time)) continue;
    lead_sightings_.add();
    noticed = true;
    decide_now_ = true;
  }
  return noticed;
}

void Pipeline::on_outcome(HostId host, const ActionOutcome& outcome) {
  record_outcome(outcome);
  if (outcome.cause == ActionCause::arming) return on_arming_outcome(host, outcome);
  if (outcome.cause == ActionCause::command) dispatcher_.on_outcome(outcome);
  const Workload workload{host, outcome.target.path};
  if (outcome.status == ActionStatus::applied) {
    live_.on_limit(host, outcome.target.path, outcome.knob, outcome.after);
    const bool lowered = outcome.after && (!outcome.before || *outcome.after < *outcome.before);
    if (lowered) deciding_.on_lowered(workload, outcome.knob, outcome.time);
  } else if (outcome.cause == ActionCause::command) {
    deciding_.on_rejected(workload, outcome.knob,
                          std::string(to_string(outcome.refusal)) + ": " + outcome.detail,
                          parts_.clock.wall_now());
  }
  log_info(
      "action_outcome cause={} decision={} status={} refusal={} cgroup={} knob={} before={} "
      "after={} "
      "detail=\"{}\"",
      to_string(outcome.cause), outcome.decision_id, to_string(outcome.status),
      to_string(outcome.refusal), outcome.target.path, to_string(outcome.knob),
      format_knob_value(outcome.knob, outcome.before),
      format_knob_value(outcome.knob, outcome.after), outcome.detail);
}

void Pipeline::on_arming_outcome(HostId host, const ActionOutcome& outcome) {
  const auto command = dispatcher_.find(outcome.command_id);
  dispatcher_.on_outcome(outcome);
  if (outcome.status == ActionStatus::applied) return;
  log_warning("reflex_not_armed decision={} refusal={} cgroup={} detail=\"{}\"",
              outcome.decision_id, to_string(outcome.refusal), outcome.target.path, outcome.detail);
  const auto* arm = command ? std::get_if<ArmReflex>(&command->body) : nullptr;
  if (arm == nullptr) return;
  const auto& [target, knob, value] = arm->reflex.adjustment;
  arming_.on_rejected(host, arm->reflex.signature, target, knob, parts_.clock.wall_now());
}

/// As far ahead as decisions look at the most.
std::vector<LeadSighting> Pipeline::expect_runs(const LearnedState& learned, WallTime now) const {
  std::vector<LeadSighting> expected;
  std::set<HostId> sources;
  for (const auto& lead : learned.leads) sources.insert(lead.source_host);
  const auto rules = parts_.signature_rules.read();
  for (const HostId source : sources) {
    const auto* host = live_.find_host(source);
    if (host == nullptr) continue;
    auto of_host =
        expected_runs(learned.leads, source, host->upcoming, *rules, now, now + kPlannedAhead);
    expected.insert(expected.end(), of_host.begin(), of_host.end());
  }
  return expected;
}

void Pipeline::decide(WallTime now) {
  decide_now_ = false;
  last_decided_ = now;
  const auto pending = [this](HostId host, const std::string& cgroup,
                              Knob knob) -> std::optional<KnobValue> {
    const auto* known = live_.find_host(host);
    if (known == nullptr) return std::nullopt;
    return dispatcher_.pending_value(known->public_key, cgroup, knob);
  };
  const auto learned = parts_.learned.read();
  auto turn = deciding_.decide(live_, *learned, expect_runs(*learned, now), pending, now);
  decided_forecasts_ = std::move(turn.forecasts);
  for (auto& decision : turn.decisions) record_and_dispatch(std::move(decision), now);
}

void Pipeline::arm_reflexes(WallTime now) {
  for (auto& decision : arming_.turn(live_, *parts_.learned.read(), now))
    record_and_dispatch(std::move(decision), now);
}

void Pipeline::record_and_dispatch(Decision decision, WallTime now) {
  const auto recorded = parts_.decisions.record(std::move(decision));
  if (!recorded) {
    // What cannot be written down is not done.
    log_error("decision_not_recorded error=\"{}\"", recorded.error().message());
    return;
  }
  recorded_decisions_.add();
  dispatch(*recorded, now);
}

void Pipeline::dispatch(const RecordedDecision& recorded, WallTime now) {
  const Decision& decision = recorded.decision();
  log_info("decision id={} policy={} mode={} outcome={} cgroup={} knob={} wanted={} reason=\"{}\"",
           recorded.id(), decision.policy, to_string(decision.mode), to_string(decision.outcome),
           decision.facts.workload.cgroup, to_string(decision.knob),
           format_knob_value(decision.knob, decision.wanted), decision.reason);
  const bool about_reflex = decision.reflex || decision.disarms;
  // A reflex in mode observe is armed as a dry run.
  if (!about_reflex && (!decision.action || decision.mode != PolicyMode::auto_)) return;
  const auto* host = live_.find_host(decision.facts.workload.host);
  if (host != nullptr) dispatcher_.submit(recorded, host->public_key, now);
}

void Pipeline::do_what_is_due(WallTime now) {
  if (decide_now_ || now - last_decided_ >= options_.decide_interval || now < last_decided_) {
    decide(now);
    arm_reflexes(now);
    for (const auto& expired : dispatcher_.tick(now)) {
      record_outcome(expired);
      log_warning("command_unanswered decision={} cgroup={}", expired.decision_id,
                  expired.target.path);
    }
    live_.forget_old(now);
    LiveView view = live_.view(now);
    view.epoch = epoch_;
    view.history_problem = history_problem_;
    view.sessions = sessions_.sessions(now, kShownSessions);
    view.forecasts = decided_forecasts_;
    view.commands_in_flight = dispatcher_.in_flight();
    parts_.live_view.publish(std::move(view));
  }
  if (now - last_pruned_ >= kPruneInterval || now < last_pruned_) {
    const auto done = parts_.history.prune(now - options_.max_age, options_.history_limits);
    if (!done) log_error("history_prune_failed error=\"{}\"", done.error().message());
    // Work per call is bounded: more to do means the next turn goes on.
    if (!done || *done) last_pruned_ = now;
  }
}

}  // namespace foreshock::coordinator

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/actuate/command_executor.h"
#include "agent/argument_files/argument_files.h"
#include "agent/binaries/binary_catalog.h"
#include "agent/budget/self_watch.h"
#include "agent/capture_worker.h"
#include "agent/cgroup/cgroup_index.h"
#include "agent/cgroup/identity_table.h"
#include "agent/lifetime/lifetime_table.h"
#include "agent/lifetime/storm_guard.h"
#include "agent/local_reflexes.h"
#include "agent/metrics_in/metric_table.h"
#include "agent/metrics_in/scrape_targets.h"
#include "agent/report/report_builder.h"
#include "agent/sample/command_sums.h"
#include "agent/sample/process_sampler.h"
#include "agent/sample/resource_sampler.h"
#include "agent/schedule/upcoming_commands.h"
#include "agent/spool/spool.h"
#include "agent/status/agent_status.h"
#include "agent/uplink/delivery.h"
#include "agent/uplink/uplink.h"
#include "common/base/clock.h"
#include "common/base/clock_watch.h"
#include "common/sync/snapshot.h"
#include "common/telemetry/metrics.h"
#include "common/wire/codec.h"

namespace foreshock::agent {

/// The thread `loop`: joins, samples, reports, spools, delivers, and carries out commands. Works on
/// seams only, so that a test builds a whole agent from fakes and turns it by hand.
class AgentLoop {
 public:
  struct Options {
    std::string host_name;
    BootId boot_id;
    std::string public_key;
    std::string coordinator_endpoint;
    bool resumed = false;
    std::vector<std::string> blind_spots;  ///< of the event source
    std::string why_not_bpf;               ///< where the source is a fallback
    std::size_t max_live_processes = 65536;
    std::size_t max_command_sums = 256;
    LifetimeTable::FindProcess find_process;  ///< may be empty
    StormGuard::Options storm{};
    SelfWatch::Options budget{};
    std::chrono::nanoseconds metrics_interval = std::chrono::seconds(10);
  };
  /// Borrowed; all outlive the loop.
  struct Parts {
    CaptureWorker& capture;
    std::string source_name;
    CgroupIndex& cgroups;
    IdentityTable& identities;
    std::vector<std::unique_ptr<ResourceSampler>> samplers;
    Spool& spool;
    Uplink& uplink;
    CommandExecutor& executor;
    UndoJournal& journal;
    LocalReflexes& reflexes;
    MetricRegistry& metrics;
    Snapshot<AgentStatus>& status;
    const Clock& clock;
    // Absent where nothing of the kind is configured.
    MetricTable* app_metrics = nullptr;
    const Snapshot<UpcomingCommands::Listing>* upcoming = nullptr;
    const Snapshot<std::vector<ScrapeTargets::State>>* scrape_targets = nullptr;
    /// One of the samplers: what it sees is added up by command. Null: nothing is.
    ProcessSampler* processes = nullptr;
    /// Null: binaries are not described.
    BinaryCatalog* binaries = nullptr;
  };

  AgentLoop(Options options, Parts parts);

  /// What ran before the agent started.
  void add_existing(const ExecEvent& event, const std::string& cgroup);

  /// Once per report interval: takes what was captured, samples, reports, delivers.
  void on_tick();
  /// The capture thread has something that should not wait for the tick.
  void on_captured();
  /// A message may have come, or the connection may have changed.
  void on_uplink();
  /// The host may be renamed while it runs.
  void set_host_name(const std::string& name);
  /// After the capture thread ended: what is left is reported and spooled.
  void finish();

 private:
  void take_captured();
  void join(ExecEvent& exec);
  void join(const ExitEvent& exit);
  void send_urgent(const ExecEvent& event);
  void report(bool with_samples);
  void on_process(const ProcessUse& process, const ResourceUse& used, BootTime now);
  void tell_finished();
  void tell_started();
  void tell(Execution& execution, BootTime now);
  void add_ended(const Execution& execution);
  void count_withheld();
  std::vector<ExecStorm> take_storms();
  void watch_self();
  std::vector<WorkloadIdentity> identities_of(const Report& report);
  void add_inputs(Report& report);
  bool spool_pending();
  LossTotals losses() const;
  void say_hello();
  void on_message(const CoordinatorMessage& message);
  void on_command(const Command& command);
  void on_coordinator_time(WallTime time);
  WallTime coordinator_now() const;
  void watch_host();
  void look_after_reflexes();
  void keep_outcome(ActionOutcome outcome);
  void publish_status();

  const Options options_;
  const Parts parts_;
  std::string host_name_;
  ClockWatch clock_watch_{std::chrono::seconds(1)};
  std::optional<Nanoseconds> coordinator_minus_boot_;
  StormGuard storm_guard_;
  SelfWatch self_watch_;
  AgentUse own_use_;
  std::uint32_t ticks_ = 0;
  std::size_t withheld_unreported_ = 0;
  std::vector<ExecStorm> storms_;  ///< of the last report
  LifetimeTable lifetimes_;
  ArgumentFiles argument_files_;
  CommandSums command_sums_;
  ReportWriter writer_;
  ReportBuilder builder_;
  Delivery delivery_;
  std::uint64_t taken_position_ = 0;
  bool took_events_ = false;
  std::vector<ActionOutcome> outcomes_;
  BootTime metrics_taken_;
  std::shared_ptr<const UpcomingCommands::Listing> told_upcoming_;
  BootTime upcoming_told_;
  std::deque<ByteBuffer> pending_;  ///< encoded reports the spool has not taken yet
  std::uint64_t pending_position_ = 0;
  std::string spool_problem_;
  LinkState link_ = LinkState::connecting;
  std::uint64_t greeted_connections_ = 0;
  WallTime started_;
  ResourceSample last_samples_;
  std::optional<HostSample> sample_before_;
  std::deque<Execution> recent_executions_;
  std::deque<ActionOutcome> recent_outcomes_;
  Counter& execs_;
  Counter& exits_;
  Counter& reports_;
  Counter& spool_failures_;
  Counter& commands_;
  Counter& reflexes_fired_;
  Counter& withheld_;
};

}  // namespace foreshock::agent

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/capture/event_source.h"
#include "agent/metrics_in/metric_table.h"
#include "agent/metrics_in/scrape_targets.h"
#include "agent/schedule/upcoming_commands.h"
#include "agent/spool/spool.h"
#include "common/base/clock.h"
#include "common/model/report.h"
#include "common/wire/zmq_socket.h"

namespace foreshock::agent {

inline constexpr std::size_t kRecentExecutions = 20;
inline constexpr std::size_t kRecentOutcomes = 20;

/// What the agent shows of itself: published by its loop once a second, read by the status server.
struct AgentStatus {
  struct Capture {
    std::string source;    ///< EventSource::name(); empty: none
    bool resumed = false;  ///< the programs of an agent that died were taken over
    std::string problem;   ///< why nothing is captured; empty: capturing
    EventSourceStats stats;
    std::vector<std::string> blind_spots{};  ///< what the source cannot see
    std::string why_not_bpf{};               ///< where it is a fallback: what is in BPF's way
  };
  struct Lifetimes {
    std::uint64_t alive = 0;
    std::uint64_t evicted = 0;
  };
  struct SpoolStatus {
    std::string problem;  ///< why it cannot be written; empty: it can
    SpoolStats stats;
  };
  struct Uplink {
    std::string endpoint;  ///< empty: no coordinator is configured
    LinkState state = LinkState::connecting;
    std::uint64_t acked_batches = 0;
    std::uint64_t resent_batches = 0;
  };
  struct Host {
    double cpu_cores = 0;  ///< in use, over the last two samples
    std::uint32_t cpu_count = 0;
    Bytes memory_used;
    Bytes memory_total;
  };
  WallTime time;     ///< of this status; zero: none published yet
  WallTime started;  ///< the agent
  std::string host_name;
  std::string version;
  std::string public_key;
  Capture capture;
  Lifetimes lifetimes;
  SpoolStatus spool;
  Uplink uplink;
  std::map<Hop, std::uint64_t> losses;  ///< totals since the start
  std::optional<Host> host;             ///< absent until two samples were taken
  std::uint64_t workloads = 0;          ///< in the last sample
  std::uint64_t processes = 0;
  MetricTableStats app_metrics{};
  std::vector<ScrapeTargets::State> scrape_targets{};
  std::shared_ptr<const UpcomingCommands::Listing> upcoming{};  ///< absent: not looked at
  AgentUse own;
  std::vector<ExecStorm> storms{};           ///< that go on, or have just ended
  std::uint64_t withheld = 0;                ///< executions that were only counted, since the start
  Nanoseconds wall_minus_boot{};             ///< turns the executions' times into wall time
  std::vector<Execution> recent_executions;  ///< newest first, at most kRecentExecutions, redacted
  std::vector<ReflexState> reflexes;
  std::vector<ActionOutcome> recent_outcomes;  ///< newest first, at most kRecentOutcomes
};

/// A link's state for people: the word, what it means, and what to do about it (empty: nothing).
struct LinkAdvice {
  std::string state;
  std::string explanation;
  std::string advice;
};
LinkAdvice describe_link(const AgentStatus::Uplink& uplink, const std::string& public_key);

/// Why the agent does not do its work; absent: it does.
std::optional<std::string> find_problem(const AgentStatus& status);

}  // namespace foreshock::agent

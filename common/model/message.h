#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/model/command.h"
#include "common/model/report.h"

namespace foreshock {

inline constexpr std::uint16_t kProtocolVersion = 1;

// From an agent.

/// First on each connection.
struct Hello {
  std::uint16_t protocol = kProtocolVersion;
  std::string host_name;
  std::string agent_version;
  BootId boot_id;
  Incarnation incarnation;
  std::uint64_t highest_epoch = 0;  ///< of any command this host has obeyed
  bool operator==(const Hello&) const = default;
};

/// One encoded report, the very bytes that lie in the spool.
struct Batch {
  Incarnation incarnation;
  std::uint64_t sequence = 0;  ///< from 1, one more each time
  ByteBuffer payload;          ///< zstd frame of a FlatBuffers Report
  bool operator==(const Batch&) const = default;
};

/// A copy of a watched exec ahead of its batch: wakes learning and deciding, never history.
struct UrgentExec {
  BootId boot_id;
  Nanoseconds wall_minus_boot{};
  Execution execution;
  bool operator==(const UrgentExec&) const = default;
};

using AgentMessage = std::variant<Hello, Batch, UrgentExec>;

// From a coordinator.

/// Answer to Hello, and sent again when the coordinator's clock was set.
struct Welcome {
  std::uint16_t protocol = kProtocolVersion;
  std::string coordinator_version;
  std::uint64_t epoch = 0;
  WallTime
      time;  ///< by the coordinator's clock, which its commands expire by; 1970: it did not say
  bool operator==(const Welcome&) const = default;
};

/// These batches are committed; the agent may forget them.
struct Ack {
  Incarnation incarnation;
  std::vector<std::uint64_t> sequences;
  bool operator==(const Ack&) const = default;
};

using CoordinatorMessage = std::variant<Welcome, Ack, Command, WatchList>;

}  // namespace foreshock

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/command.h"
#include "coordinator/model/decision.h"

namespace foreshock::coordinator {

/// A decision that is in the log. Only a DecisionLog can make one, and only it is carried out:
/// nothing happens in the world that was not written down first.
class RecordedDecision {
 public:
  std::uint64_t id() const { return id_; }
  const Decision& decision() const { return decision_; }

 private:
  friend class DecisionLog;
  RecordedDecision(std::uint64_t id, Decision decision) : id_(id), decision_(std::move(decision)) {}

  std::uint64_t id_;
  Decision decision_;
};

/// A row of the log for people. `details` is the whole decision as JSON.
struct DecisionRow {
  std::uint64_t id = 0;
  WallTime time;
  std::string policy;
  std::string mode;
  std::string host_name;
  std::string cgroup;
  std::string knob;
  std::string outcome;
  KnobValue before;
  std::uint64_t wanted = 0;
  std::string reason;
  std::string details;
  std::vector<ActionOutcome> outcomes;          ///< of find() only: newest first, at most 50
  std::optional<ActionOutcome> action_outcome;  ///< the newest
};

struct DecisionQuery {
  std::string policy;  ///< empty: any
  std::string cgroup;  ///< empty: any
  bool only_changes = false;
  std::size_t limit = 50;  ///< newest first
};

/// Where decisions are kept for ever. Writing: one thread.
class DecisionLog {
 public:
  virtual ~DecisionLog() = default;
  /// Durable when it returns.
  virtual Result<RecordedDecision> record(Decision decision) = 0;
  virtual Result<void> record_outcome(const ActionOutcome& outcome) = 0;
  /// One more than ever before: the fencing token of this life of the coordinator.
  virtual Result<std::uint64_t> next_epoch() = 0;

 protected:
  static RecordedDecision make_recorded(std::uint64_t id, Decision decision) {
    return RecordedDecision(id, std::move(decision));
  }
};

/// Reading side: a connection of its own, read-only; one thread.
class DecisionReader {
 public:
  virtual ~DecisionReader() = default;
  virtual Result<std::vector<DecisionRow>> list(const DecisionQuery& query) = 0;
  /// `not_found` when there is none.
  virtual Result<DecisionRow> find(std::uint64_t id) = 0;
};

}  // namespace foreshock::coordinator

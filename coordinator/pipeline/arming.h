#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "coordinator/model/decision.h"
#include "coordinator/model/learned_state.h"
#include "coordinator/model/policy.h"
#include "coordinator/model/reflex_rule.h"
#include "coordinator/pipeline/live_state.h"
#include "coordinator/reflex/reflex_planner.h"

namespace foreshock::coordinator {

/// Which reflexes hosts should have, against those that they report: what is missing is armed, what
/// nothing asks for is disarmed. Hosts are what remembers, so that a restart here changes nothing.
/// One thread.
class Arming {
 public:
  Arming(std::vector<ReflexRule> rules, std::vector<Policy> policies)
      : rules_(std::move(rules)), policies_(std::move(policies)) {}

  /// From the next turn on.
  void set_policies(std::vector<Policy> policies) { policies_ = std::move(policies); }
  void set_rules(std::vector<ReflexRule> rules) { rules_ = std::move(rules); }

  /// Decisions to record and send.
  std::vector<Decision> turn(const LiveState& live, const LearnedState& learned, WallTime now);
  /// The host refused or failed, or did not answer: the same is asked again later, and ever later.
  void on_rejected(HostId host, const std::string& signature, const CgroupTarget& target, Knob knob,
                   WallTime now);

 private:
  using Key = std::tuple<HostId, std::string, CgroupTarget, Knob>;
  struct Asked {
    WallTime again;  ///< not before
    std::chrono::nanoseconds pause = std::chrono::seconds(30);
  };
  using Wanted = std::map<Key, Decision>;

  static Key key_of(HostId host, const Reflex& reflex);
  Wanted want(const LiveState& live, const LearnedState& learned, WallTime now) const;
  void want_for(const LiveState::WorkloadState& state, const LiveState& live,
                const LearnedState& learned, WallTime now, Wanted& wanted) const;
  bool may_ask(const Key& key, WallTime now);

  std::vector<ReflexRule> rules_;
  std::vector<Policy> policies_;
  std::map<Key, Asked> asked_;
};

}  // namespace foreshock::coordinator

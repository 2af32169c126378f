#pragma once

#include <optional>

#include "coordinator/model/decision.h"
#include "coordinator/model/lead.h"
#include "coordinator/model/policy.h"
#include "coordinator/model/reflex_rule.h"

namespace foreshock::coordinator {

/// What it takes for a lead command to become a reflex: a false one costs capacity at each run.
struct ReflexConfidence {
  std::size_t min_support = 8;
  double min_precision = 0.75;
  double max_q_value = 0.01;
};

/// How long a lead's reflex is valid on a host that hears nothing more.
inline constexpr std::chrono::nanoseconds kLeadReflexValidFor = std::chrono::hours(6);

/// What a person's rule asks of one workload. Pure.
Decision plan_reflex(const ReflexRule& rule, const Facts& facts);

/// What a lead command of a policy's workload asks: the capacity that its load will need beside
/// what is used now, within the policy's bounds, from the exec until the load is over. Nothing when
/// it is not sure enough, when it runs on another host, or when the limit is as loose already.
/// Pure.
std::optional<Decision> plan_reflex(const Policy& policy, const LeadCommand& lead,
                                    const Facts& facts, const ReflexConfidence& confidence);

/// Whether a host that has `armed` does what `wanted` asks, so that nothing has to be sent.
bool serves(const Reflex& armed, const Reflex& wanted, WallTime now);

/// A reflex that nothing asks for any more.
Decision plan_disarming(const Reflex& armed, const Facts& facts);

}  // namespace foreshock::coordinator

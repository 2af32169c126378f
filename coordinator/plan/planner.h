#pragma once

#include "coordinator/model/decision.h"
#include "coordinator/model/policy.h"

namespace foreshock::coordinator {

/// Facts → decision with reasons. Pure: no clock, no state, no log.
///
/// wanted = max(forecast quantile over [now, now + lead time], live need, the most wanted within
/// the stabilisation window), plus headroom, clipped to the policy's bounds. A forecast may add;
/// only a live low together with a low forecast may remove. Stale or missing inputs never shrink
/// anything.
Decision plan(const Policy& policy, const Facts& facts);

}  // namespace foreshock::coordinator

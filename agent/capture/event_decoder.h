#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

/// One ring buffer record (agent/bpf/events.h) as a value. The bytes are hostile until every length
/// in them was checked: anything unsound is `corrupt`. Pure.
Result<ProcessEvent> decode_event(ByteView record);

}  // namespace foreshock::agent

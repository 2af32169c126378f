#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

/// One ring buffer record (agent/bpf/events.h) as a value, in the place of what `event` was. The
/// bytes are hostile until every length in them was checked: anything unsound is `corrupt`, and
/// `event` is then anything. Pure.
Result<void> decode_event(ByteView record, ProcessEvent& event);

}  // namespace foreshock::agent

#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

/// Ring buffer records (agent/bpf/events.h) as values. The bytes are hostile until every length in
/// them was checked: anything unsound is `corrupt`. Pure.
class EventDecoder {
 public:
  /// Holds until the next call, which uses the room of its texts again unless they were moved away.
  Result<ProcessEvent*> decode(ByteView record);

 private:
  ProcessEvent exec_{ExecEvent{}};
  ProcessEvent exit_{ExitEvent{}};
};

}  // namespace foreshock::agent

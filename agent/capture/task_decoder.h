#pragma once

#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/model/process_use.h"

namespace foreshock::agent {

/// What the process iterator writes (agent/bpf/events.h), chunk by chunk, as values: the threads of
/// a process added up. The bytes are hostile until they were checked. Pure; one thread.
class TaskDecoder {
 public:
  /// Processes are added to `into`, which is empty and outlives the decoder.
  explicit TaskDecoder(std::vector<ProcessUse>& into) : processes_(into) {}

  /// Decodes whole records; returns how many bytes they had. What is left is the beginning of the
  /// next chunk. `corrupt` when there is no way to go on.
  Result<std::size_t> add(ByteView chunk);
  /// After the last chunk: processes in the order of their ids. A thread without its process has
  /// just ended with it.
  void finish();

 private:
  struct Thread {
    std::uint32_t tgid = 0;
    ResourceUse use;
  };

  ProcessUse* find(std::uint32_t tgid);

  std::vector<ProcessUse>& processes_;
  std::vector<Thread> early_;  ///< seen before their process: thread ids have begun anew in between
  bool sorted_ = true;
};

}  // namespace foreshock::agent

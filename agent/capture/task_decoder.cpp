#include "agent/capture/task_decoder.h"

#include <algorithm>
#include <utility>

#include "agent/capture/kernel_values.h"

namespace foreshock::agent {

namespace {

constexpr auto kId = [](const ProcessUse& process) { return process.facts.process.pid; };

}  // namespace

Result<std::size_t> TaskDecoder::add(ByteView chunk) {
  std::size_t used = 0;
  while (chunk.size() - used >= sizeof(fs_task_use)) {
    const ByteView rest = chunk.subspan(used);
    const auto task = copy_front<fs_task_use>(rest);
    if (!is_time(task.cpu_ns)) return corrupt_event("CPU time out of range");
    if (task.kind == FS_TASK_THREAD) {
      const ResourceUse use = decode_use(task);
      if (ProcessUse* const process = find(task.tgid)) {
        add_use(process->use, use);
      } else {
        early_.push_back({task.tgid, use});
      }
      used += sizeof task;
      continue;
    }
    if (task.kind != FS_TASK_PROCESS) return corrupt_event("unknown kind of task");
    if (rest.size() < sizeof(fs_process_use)) break;
    const auto look = copy_front<fs_process_use>(rest);
    ProcessFacts facts;
    FS_CHECK(decode_process(look.process, facts));
    if (!processes_.empty() && facts.process.pid < kId(processes_.back())) sorted_ = false;
    ProcessUse& process = processes_.emplace_back();
    process.facts = std::move(facts);
    process.use = decode_use(look.use);
    process.use.peak_rss = Bytes{std::max(look.peak_resident_bytes, look.resident_bytes)};
    process.rss = Bytes{look.resident_bytes};
    process.threads = look.threads;
    process.kernel_thread = look.kernel_thread != 0;
    used += sizeof look;
  }
  return used;
}

void TaskDecoder::finish() {
  if (!sorted_) std::ranges::sort(processes_, {}, kId);
  sorted_ = true;
  for (const Thread& thread : early_) {
    if (ProcessUse* const process = find(thread.tgid)) add_use(process->use, thread.use);
  }
  early_.clear();
}

ProcessUse* TaskDecoder::find(std::uint32_t tgid) {
  if (!processes_.empty() && kId(processes_.back()) == tgid) return &processes_.back();
  if (!sorted_) return nullptr;
  const auto found = std::ranges::lower_bound(processes_, tgid, {}, kId);
  return found != processes_.end() && kId(*found) == tgid ? &*found : nullptr;
}

}  // namespace foreshock::agent

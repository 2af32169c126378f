#include "agent/capture/event_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "agent/bpf/events.h"
#include "agent/capture/kernel_values.h"

namespace foreshock::agent {

namespace {

/// "/srv/app" of "app\0srv\0"; ".../srv/app" where the outermost names are missing. Empty when
/// there is none.
Result<std::string> join_directory(std::string_view names, bool is_cut) {
  if (!names.empty() && names.back() != '\0') return corrupt_event("directory name without end");
  std::string path;
  path.reserve(names.size() + 4);
  if (is_cut) path = names.empty() ? "" : "...";
  for (std::size_t end = names.size(); end > 0;) {
    const auto before = end >= 2 ? names.rfind('\0', end - 2) : std::string_view::npos;
    const auto begin = before == std::string_view::npos ? 0 : before + 1;
    path += '/';
    path += names.substr(begin, end - 1 - begin);
    end = begin;
  }
  if (path.empty() && !is_cut) path = "/";
  return path;
}

Result<ProcessEvent> decode_exec(ByteView record) {
  if (record.size() < sizeof(fs_exec_event)) return corrupt_event("exec event too short");
  const auto event = copy_front<fs_exec_event>(record);
  if (event.cwd_bytes > FS_CWD_BYTES || event.filename_bytes > FS_FILENAME_BYTES ||
      event.argv_bytes > FS_ARGV_BYTES ||
      record.size() != sizeof event + event.cwd_bytes + event.filename_bytes + event.argv_bytes) {
    return corrupt_event("exec event whose parts do not add up to its length");
  }
  if (event.argv_true_bytes < event.argv_bytes) return corrupt_event("argv longer than it was");
  FS_TRY(auto facts, decode_process(event.process));

  auto tail = as_text(record.subspan(sizeof event));
  ExecEvent exec;
  exec.time = boot_time_from_ns(event.header.boot_time_ns);
  exec.facts = std::move(facts);
  FS_TRY(exec.cwd, join_directory(tail.substr(0, event.cwd_bytes), event.cwd_is_cut != 0));
  const auto* const tty_end = std::find(std::begin(event.tty), std::end(event.tty), 0);
  if (tty_end == std::end(event.tty)) return corrupt_event("terminal name without end");
  exec.tty.assign(std::begin(event.tty), tty_end);
  // The kernel's own name of /dev/pts/3 is "pts3".
  if (exec.tty.starts_with("pts") && !exec.tty.starts_with("pts/")) exec.tty.insert(3, "/");
  tail.remove_prefix(event.cwd_bytes);
  exec.filename = tail.substr(0, event.filename_bytes);
  if (exec.filename.find('\0') != std::string::npos) return corrupt_event("file name with a NUL");
  exec.argv.words = tail.substr(event.filename_bytes);
  exec.argv.true_bytes = event.argv_true_bytes;
  return ProcessEvent(std::move(exec));
}

/// What programs sent that did not count connections: it may wait in a ring that an
/// upgraded agent takes over.
constexpr std::size_t kExitBytesWithoutConnections = offsetof(fs_exit_event, connections);

Result<ProcessEvent> decode_exit(ByteView record) {
  const bool has_connections = record.size() == sizeof(fs_exit_event);
  if (!has_connections && record.size() != kExitBytesWithoutConnections)
    return corrupt_event("exit event of the wrong length");
  fs_exit_event event{};
  std::memcpy(&event, record.data(), record.size());
  if (!is_time(event.cpu_ns)) return corrupt_event("CPU time out of range");
  FS_TRY(auto facts, decode_process(event.process));

  ExitEvent exit;
  exit.time = boot_time_from_ns(event.header.boot_time_ns);
  exit.facts = std::move(facts);
  exit.wait_status = event.wait_status;
  if (event.forked_from_tgid != 0) {
    if (!is_time(event.forked_from_start_boot_ns))
      return corrupt_event("ancestor's start time out of range");
    exit.forked_from = make_process_key(event.forked_from_tgid,
                                        boot_time_from_ns(event.forked_from_start_boot_ns));
  }
  exit.use = decode_use(event);
  exit.use.peak_rss = Bytes{event.peak_rss_bytes};
  if (has_connections) exit.connections = event.connections;
  return ProcessEvent(std::move(exit));
}

}  // namespace

Result<ProcessEvent> decode_event(ByteView record) {
  if (record.size() < sizeof(fs_event_header)) return corrupt_event("too short for a header");
  const auto header = copy_front<fs_event_header>(record);
  if (header.bytes != record.size()) return corrupt_event("length differs from the record's");
  if (!is_time(header.boot_time_ns)) return corrupt_event("time out of range");
  switch (header.kind) {
    case FS_EVENT_EXEC:
      return decode_exec(record);
    case FS_EVENT_EXIT:
      return decode_exit(record);
    default:
      return corrupt_event(fmt::format("unknown kind {}", header.kind));
  }
}

}  // namespace foreshock::agent

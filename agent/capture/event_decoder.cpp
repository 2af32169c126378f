#include "agent/capture/event_decoder.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "agent/bpf/events.h"

namespace foreshock::agent {

namespace {

Error corrupt(std::string_view what) {
  return Error(ErrorCode::corrupt, fmt::format("kernel event: {}", what));
}

/// Clocks and durations come as nanoseconds and are kept signed.
bool is_time(std::uint64_t ns) {
  return ns <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}
Nanoseconds to_duration(std::uint64_t ns) {
  return Nanoseconds(static_cast<std::int64_t>(ns));
}

/// The caller has checked that the bytes are there.
template <typename T>
T copy_front(ByteView bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::optional<std::uint32_t> to_optional_id(std::uint32_t id) {
  if (id == FS_NO_ID) return std::nullopt;
  return id;
}

Result<ProcessFacts> decode_process(const fs_process& process) {
  if (!is_time(process.start_boot_ns) || !is_time(process.parent_start_boot_ns)) {
    return corrupt("start time out of range");
  }
  const auto* const comm_end = std::find(std::begin(process.comm), std::end(process.comm), 0);
  if (comm_end == std::end(process.comm)) return corrupt("comm without end");

  ProcessFacts facts;
  facts.process = make_process_key(process.tgid, boot_time_from_ns(process.start_boot_ns));
  facts.parent =
      make_process_key(process.parent_tgid, boot_time_from_ns(process.parent_start_boot_ns));
  facts.identity.uid = process.uid;
  facts.identity.gid = process.gid;
  facts.identity.login_uid = to_optional_id(process.login_uid);
  facts.identity.session_id = to_optional_id(process.session_id);
  facts.cgroup_id = process.cgroup_id;
  facts.comm.assign(std::begin(process.comm), comm_end);
  return facts;
}

/// "/srv/app" of "app\0srv\0"; ".../srv/app" where the outermost names are missing. Empty when
/// there is none.
Result<std::string> join_directory(std::string_view names, bool is_cut) {
  if (!names.empty() && names.back() != '\0') return corrupt("directory name without end");
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
  if (record.size() < sizeof(fs_exec_event)) return corrupt("exec event too short");
  const auto event = copy_front<fs_exec_event>(record);
  if (event.cwd_bytes > FS_CWD_BYTES || event.filename_bytes > FS_FILENAME_BYTES ||
      event.argv_bytes > FS_ARGV_BYTES ||
      record.size() != sizeof event + event.cwd_bytes + event.filename_bytes + event.argv_bytes) {
    return corrupt("exec event whose parts do not add up to its length");
  }
  if (event.argv_true_bytes < event.argv_bytes) return corrupt("argv longer than it was");
  FS_TRY(auto facts, decode_process(event.process));

  auto tail = as_text(record.subspan(sizeof event));
  ExecEvent exec;
  exec.time = boot_time_from_ns(event.header.boot_time_ns);
  exec.facts = std::move(facts);
  FS_TRY(exec.cwd, join_directory(tail.substr(0, event.cwd_bytes), event.cwd_is_cut != 0));
  const auto* const tty_end = std::find(std::begin(event.tty), std::end(event.tty), 0);
  if (tty_end == std::end(event.tty)) return corrupt("terminal name without end");
  exec.tty.assign(std::begin(event.tty), tty_end);
  // The kernel's own name of /dev/pts/3 is "pts3".
  if (exec.tty.starts_with("pts") && !exec.tty.starts_with("pts/")) exec.tty.insert(3, "/");
  tail.remove_prefix(event.cwd_bytes);
  exec.filename = tail.substr(0, event.filename_bytes);
  if (exec.filename.find('\0') != std::string::npos) return corrupt("file name with a NUL");
  exec.argv.words = tail.substr(event.filename_bytes);
  exec.argv.true_bytes = event.argv_true_bytes;
  return ProcessEvent(std::move(exec));
}

/// Splits the exact run time by the ticks counted in user and kernel mode, as getrusage(2) does:
/// most short commands are never met by a tick at all.
void split_by_ticks(ResourceUse& use, std::uint64_t user_ticks, std::uint64_t system_ticks) {
  using Wide = unsigned __int128;  // the counts are the kernel's word only
  use.user = use.cpu;
  if (system_ticks != 0) {
    const Wide ticks = Wide{user_ticks} + system_ticks;
    use.user = to_duration(
        static_cast<std::uint64_t>(static_cast<Wide>(use.cpu.count()) * user_ticks / ticks));
  }
  use.system = use.cpu - use.user;
}

Result<ProcessEvent> decode_exit(ByteView record) {
  if (record.size() != sizeof(fs_exit_event)) return corrupt("exit event of the wrong length");
  const auto event = copy_front<fs_exit_event>(record);
  if (!is_time(event.cpu_ns)) return corrupt("CPU time out of range");
  FS_TRY(auto facts, decode_process(event.process));

  ExitEvent exit;
  exit.time = boot_time_from_ns(event.header.boot_time_ns);
  exit.facts = std::move(facts);
  exit.wait_status = event.wait_status;
  exit.use.cpu = to_duration(event.cpu_ns);
  split_by_ticks(exit.use, event.user_ns, event.system_ns);
  exit.use.peak_rss = Bytes{event.peak_rss_bytes};
  exit.use.read_bytes = Bytes{event.read_bytes};
  exit.use.written_bytes = Bytes{event.written_bytes};
  exit.use.read_calls = event.read_calls;
  exit.use.write_calls = event.write_calls;
  exit.use.minor_faults = event.minor_faults;
  exit.use.major_faults = event.major_faults;
  exit.use.voluntary_switches = event.voluntary_switches;
  exit.use.involuntary_switches = event.involuntary_switches;
  return ProcessEvent(std::move(exit));
}

}  // namespace

Result<ProcessEvent> decode_event(ByteView record) {
  if (record.size() < sizeof(fs_event_header)) return corrupt("too short for a header");
  const auto header = copy_front<fs_event_header>(record);
  if (header.bytes != record.size()) return corrupt("length differs from the record's");
  if (!is_time(header.boot_time_ns)) return corrupt("time out of range");
  switch (header.kind) {
    case FS_EVENT_EXEC:
      return decode_exec(record);
    case FS_EVENT_EXIT:
      return decode_exit(record);
    default:
      return corrupt(fmt::format("unknown kind {}", header.kind));
  }
}

}  // namespace foreshock::agent

#include "agent/capture/event_decoder.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
Result<void> join_directory(std::string_view names, bool is_cut, std::string& path) {
  if (!names.empty() && names.back() != '\0') return corrupt_event("directory name without end");
  path.clear();
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
  return {};
}

/// What programs sent before FS_EVENT_EXEC had its present form: it may wait in a ring that an
/// upgraded agent takes over.
struct RoomyExecEvent {
  fs_event_header header;
  fs_process process;
  __u32 argv_true_bytes;
  __u32 argv_bytes;
  __u32 filename_bytes;
  __u32 cwd_bytes;
  __u32 cwd_is_cut;
  __u32 reserved;
  std::array<char, FS_TTY_BYTES> tty;
};
static_assert(sizeof(RoomyExecEvent) == 120);

/// The kernel's own name of /dev/pts/3 is "pts3".
std::string tty_name(std::string_view name) {
  std::string tty(name);
  if (tty.starts_with("pts") && !tty.starts_with("pts/")) tty.insert(3, "/");
  return tty;
}

/// `tail`: what follows the event, with a terminal's name of `tty_bytes` at its end. Takes off what
/// it reads, all but that name. Sets all of `exec` but its terminal.
template <typename Event>
Result<void> read_exec(const Event& event, std::string_view& tail, std::size_t tty_bytes,
                       ExecEvent& exec) {
  if (event.cwd_bytes > FS_CWD_BYTES || event.filename_bytes > FS_FILENAME_BYTES ||
      event.argv_bytes > FS_ARGV_BYTES ||
      tail.size() !=
          std::size_t{event.cwd_bytes} + event.filename_bytes + event.argv_bytes + tty_bytes) {
    return corrupt_event("exec event whose parts do not add up to its length");
  }
  if (event.argv_true_bytes < event.argv_bytes) return corrupt_event("argv longer than it was");
  const auto take = [&tail](std::size_t bytes) {
    const auto taken = tail.substr(0, bytes);
    tail.remove_prefix(bytes);
    return taken;
  };
  exec.time = boot_time_from_ns(event.header.boot_time_ns);
  FS_CHECK(decode_process(event.process, exec.facts));
  FS_CHECK(join_directory(take(event.cwd_bytes), event.cwd_is_cut != 0, exec.cwd));
  exec.filename = take(event.filename_bytes);
  if (exec.filename.find('\0') != std::string::npos) return corrupt_event("file name with a NUL");
  exec.argv.words = take(event.argv_bytes);
  exec.argv.true_bytes = event.argv_true_bytes;
  exec.argv.redacted = false;
  exec.inputs.reset();
  exec.existing = false;
  return {};
}

Result<void> decode_exec(ByteView record, ExecEvent& exec) {
  if (record.size() < sizeof(fs_exec_event)) return corrupt_event("exec event too short");
  const auto event = copy_front<fs_exec_event>(record);
  if (event.tty_bytes >= FS_TTY_BYTES) return corrupt_event("terminal name too long");
  auto tail = as_text(record.subspan(sizeof event));
  FS_CHECK(read_exec(event, tail, event.tty_bytes, exec));
  exec.tty = tty_name(tail);
  return {};
}

Result<void> decode_roomy_exec(ByteView record, ExecEvent& exec) {
  if (record.size() < sizeof(RoomyExecEvent)) return corrupt_event("exec event too short");
  const auto event = copy_front<RoomyExecEvent>(record);
  auto tail = as_text(record.subspan(sizeof event));
  FS_CHECK(read_exec(event, tail, 0, exec));
  const std::string_view tty(event.tty.data(), event.tty.size());
  const auto length = tty.find('\0');
  if (length == std::string_view::npos) return corrupt_event("terminal name without end");
  exec.tty = tty_name(tty.substr(0, length));
  return {};
}

/// What programs sent that did not count connections: it may wait in a ring that an
/// upgraded agent takes over.
constexpr std::size_t kExitBytesWithoutConnections = offsetof(fs_exit_event, connections);

Result<void> read_exit(const fs_exit_event& event, bool has_connections, ExitEvent& exit) {
  if (!is_time(event.cpu_ns)) return corrupt_event("CPU time out of range");
  exit.time = boot_time_from_ns(event.header.boot_time_ns);
  FS_CHECK(decode_process(event.process, exit.facts));
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
  return {};
}

Result<void> decode_exit(ByteView record, ExitEvent& exit) {
  const bool has_connections = record.size() == sizeof(fs_exit_event);
  if (!has_connections && record.size() != kExitBytesWithoutConnections)
    return corrupt_event("exit event of the wrong length");
  fs_exit_event event{};
  std::memcpy(&event, record.data(), record.size());
  return read_exit(event, has_connections, exit);
}

Result<void> decode_short_exit(ByteView record, ExitEvent& exit) {
  if (record.size() != sizeof(fs_short_exit_event))
    return corrupt_event("short exit event of the wrong length");
  const auto sent = copy_front<fs_short_exit_event>(record);
  fs_exit_event event{};
  event.header = sent.header;
  event.process = sent.process;
  event.wait_status = sent.wait_status;
  std::array<__u64, FS_EXIT_NUMBERS> numbers{};
  std::ranges::copy(sent.numbers, numbers.begin());
  static_assert(offsetof(fs_exit_event, cpu_ns) + sizeof numbers == sizeof event);
  std::memcpy(&event.cpu_ns, numbers.data(), sizeof numbers);
  return read_exit(event, true, exit);
}

}  // namespace

Result<ProcessEvent*> EventDecoder::decode(ByteView record) {
  if (record.size() < sizeof(fs_event_header)) return corrupt_event("too short for a header");
  const auto header = copy_front<fs_event_header>(record);
  if (header.bytes != record.size()) return corrupt_event("length differs from the record's");
  if (!is_time(header.boot_time_ns)) return corrupt_event("time out of range");
  switch (header.kind) {
    case FS_EVENT_EXEC:
      FS_CHECK(decode_exec(record, std::get<ExecEvent>(exec_)));
      return &exec_;
    case FS_EVENT_ROOMY_EXEC:
      FS_CHECK(decode_roomy_exec(record, std::get<ExecEvent>(exec_)));
      return &exec_;
    case FS_EVENT_EXIT:
      FS_CHECK(decode_exit(record, exit_.emplace<ExitEvent>()));
      return &exit_;
    case FS_EVENT_SHORT_EXIT:
      FS_CHECK(decode_short_exit(record, exit_.emplace<ExitEvent>()));
      return &exit_;
    default:
      return corrupt_event(fmt::format("unknown kind {}", header.kind));
  }
}

}  // namespace foreshock::agent

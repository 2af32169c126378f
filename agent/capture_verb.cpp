#include "agent/capture_verb.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "agent/capture/existing_processes.h"
#include "agent/capture/open_event_source.h"
#include "agent/cgroup/cgroup_index.h"
#include "agent/cgroup/container_names.h"
#include "agent/cgroup/identity_table.h"
#include "agent/cgroup/layout.h"
#include "agent/event_lines/event_lines.h"
#include "agent/event_lines/top_commands.h"
#include "agent/lifetime/lifetime_table.h"
#include "agent/redact/redactor.h"
#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/os/event_loop.h"
#include "common/os/file.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

namespace {

constexpr auto kDrainInterval = std::chrono::milliseconds(20);
constexpr auto kFlushInterval = std::chrono::milliseconds(100);
constexpr std::size_t kChunkBytes = std::size_t{256} * 1024;
constexpr std::size_t kMaxLiveProcesses = 65536;
constexpr std::size_t kMaxCgroups = 16384;

Result<UniqueFd> open_output(const std::string& path) {
  if (!path.empty()) return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  UniqueFd copy(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) return error_from_errno("standard output");
  return copy;
}

std::unique_ptr<EventLines> make_lines(const CaptureOptions& options) {
  if (options.json) return std::make_unique<JsonEventLines>();
  return std::make_unique<TextEventLines>(options.colour);
}

std::optional<ProcessFacts> find_process(std::uint32_t pid, bool cgroup_v1) {
  auto process = read_existing_process("/proc", pid, cgroup_v1);
  return process ? std::optional(std::move(process->event.facts)) : std::nullopt;
}

/// Events to lines to the output, in big chunks.
class Stream {
 public:
  Stream(const CaptureOptions& options, UniqueFd output, Redactor redactor,
         const CgroupLayout& layout)
      : filter_(options.filter),
        filters_(!options.filter.is_empty()),
        lines_(make_lines(options)),
        output_(std::move(output)),
        prompt_(::isatty(output_.get()) == 1),
        redactor_(std::move(redactor)),
        cgroups_(layout.workload_root(), kMaxCgroups),
        identities_(
            kMaxCgroups,
            [](const WorkloadIdentity& identity) { return read_container_name("", identity); }),
        table_(kMaxLiveProcesses, [in_v1 = layout.workloads_in_v1()](std::uint32_t pid) {
          return find_process(pid, in_v1);
        }) {
    lines_->append_heading(buffer_);
  }

  void add_existing(ExistingProcess&& process) {
    redactor_.redact(process.event);
    table_.on_exec(process.event, process.cgroup);
    static_cast<void>(table_.take_finished_and_started());
  }

  void add(ProcessEvent&& event) {
    if (auto* exec = std::get_if<ExecEvent>(&event)) add_exec(std::move(*exec));
    if (auto* exit = std::get_if<ExitEvent>(&event)) add_exit(std::move(*exit));
  }

  void update_wall_clock() {
    wall_minus_boot_ = clock_.wall_now().time_since_epoch() - clock_.boot_now().time_since_epoch();
  }

  /// Writes what there is when that is worth it.
  Result<void> flush_if_due() {
    const auto now = clock_.boot_now();
    if (!prompt_ && buffer_.size() < kChunkBytes && now - last_flush_ < kFlushInterval) return {};
    last_flush_ = now;
    return flush();
  }

  Result<void> flush() {
    if (buffer_.empty()) return {};
    auto written = write_all(output_.get(), as_bytes(buffer_));
    buffer_.clear();
    return written;
  }

  bool reader_is_gone() const {
    pollfd output{.fd = output_.get(), .events = 0, .revents = 0};
    return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
  }
  bool is_chunk_full() const { return buffer_.size() >= kChunkBytes; }
  std::uint64_t joined() const { return joined_; }
  const TopCommands& top() const { return top_; }

 private:
  void add_exec(ExecEvent&& exec) {
    redactor_.redact(exec);
    const auto& cgroup = cgroups_.path_of(exec.facts.cgroup_id);
    const auto& identity = identities_.of(cgroup, exec.time);
    if (is_wanted(exec.facts, exec.argv, cgroup, identity) && !filter_.min_duration) {
      const auto ancestry = table_.ancestry_of(exec.facts);
      lines_->append_exec(buffer_, exec, {cgroup, ancestry, identity}, to_wall(exec.time));
    }
    table_.on_exec(exec, cgroup);
  }

  void add_exit(ExitEvent&& exit) {
    table_.on_exit(exit, cgroups_.path_of(exit.facts.cgroup_id));
    table_.tell_finished([this](const Execution& execution) { add_finished(execution); });
  }

  void add_finished(const Execution& execution) {
    if (!execution.end) return;  // its exec was written when it came
    joined_ += execution.exec_seen ? 1 : 0;
    const auto& identity = identities_.of(execution.cgroup, execution.end->time);
    if (!is_wanted(execution.facts, execution.argv, execution.cgroup, identity) ||
        !filter_.matches_end(execution))
      return;
    top_.add(execution);
    lines_->append_exit(buffer_, execution, identity, to_wall(execution.end->time));
  }

  bool is_wanted(const ProcessFacts& facts, const Argv& argv, const std::string& cgroup,
                 const WorkloadIdentity& identity) {
    if (!filters_) return true;
    return filter_.matches(facts, argv, cgroup, identity) &&
           (!filter_.tree || table_.descends_from(facts, *filter_.tree));
  }

  WallTime to_wall(BootTime time) const {
    return WallTime(time.time_since_epoch() + wall_minus_boot_);
  }

  const EventFilter filter_;
  const bool filters_;
  TopCommands top_;
  std::unique_ptr<EventLines> lines_;
  UniqueFd output_;
  bool prompt_;  ///< somebody is watching
  Redactor redactor_;
  CgroupIndex cgroups_;
  IdentityTable identities_;
  LifetimeTable table_;
  SystemClock clock_;
  Nanoseconds wall_minus_boot_{};
  BootTime last_flush_{};
  std::string buffer_;
  std::uint64_t joined_ = 0;
};

/// Drains everything that is there into the stream.
Result<void> turn(EventSource& source, Stream& stream) {
  stream.update_wall_clock();
  bool more = true;
  while (more) {
    more = false;
    FS_TRY([[maybe_unused]] const auto drained, source.drain([&](ProcessEvent&& event) {
      if (stream.is_chunk_full()) {
        more = true;
        return false;
      }
      stream.add(std::move(event));
      return true;
    }));
    FS_CHECK(stream.flush_if_due());
    source.release_through(source.position());
  }
  return {};
}

void print_summary(const EventSourceStats& stats, std::uint64_t joined) {
  fmt::print(stderr,
             "captured {} execs, {} exits ({} joined with their exec); lost {} execs, {} exits{}\n",
             stats.execs, stats.exits, joined, stats.lost_execs, stats.lost_exits,
             stats.undecodable == 0 ? "" : fmt::format("; {} not understood", stats.undecodable));
}

/// Runs the loop until it is told to end or a turn fails.
Result<void> stream_until_told(EventSource& source, Stream& stream, EventLoop& loop,
                               const CaptureOptions& options) {
  Result<void> outcome;
  const auto on_time = [&] {
    outcome = turn(source, stream);
    if (!outcome) loop.stop();
  };
  FS_CHECK(loop.watch_timer(kDrainInterval, on_time));
  if (options.duration) FS_CHECK(loop.watch_timer(*options.duration, [&loop] { loop.stop(); }));
  if (source.ready_fd() >= 0) FS_CHECK(loop.watch_readable(source.ready_fd(), on_time));
  FS_CHECK(loop.run());
  return outcome;
}

/// The last events, and the exits whose account is not yet settled.
Result<void> finish(EventSource& source, Stream& stream) {
  FS_CHECK(source.detach());
  FS_CHECK(turn(source, stream));
  return stream.flush();
}

EventSourceOptions source_options(const CaptureOptions& options, const CgroupLayout& layout) {
  EventSourceOptions source;
  source.kind = options.source;
  source.bpf.ring_bytes = options.ring_bytes;
  source.bpf.cgroup_v1 = layout.workloads_in_v1();
  source.proc_connector.cgroup_root = layout.workload_root();
  source.proc_connector.cgroup_v1 = layout.workloads_in_v1();
  source.audit_log.cgroup_root = layout.workload_root();
  source.audit_log.cgroup_v1 = layout.workloads_in_v1();
  return source;
}

/// What the reader of the lines should know about them.
void tell_limits(const OpenedEventSource& opened) {
  if (!opened.why_not_bpf.empty())
    fmt::print(stderr, "capturing by {}, because BPF does not work: {}\n", opened.source->name(),
               opened.why_not_bpf);
  for (const auto& spot : opened.source->blind_spots()) fmt::print(stderr, "not seen: {}\n", spot);
}

}  // namespace

Result<void> run_capture(const CaptureOptions& options) {
  FS_TRY(const auto layout, read_layout());
  FS_TRY(auto redactor, Redactor::make(options.redact_patterns));
  FS_TRY(auto output, open_output(options.output_path));
  FS_TRY(const auto loop, EventLoop::make());
  FS_CHECK(loop->watch_signals({SIGINT, SIGTERM}, [&loop](int) { loop->stop(); }));
  // A reader that went away shows as EPIPE.
  if (::signal(SIGPIPE, SIG_IGN) == SIG_ERR) return error_from_errno("ignore SIGPIPE");

  const bool in_v1 = layout.workloads_in_v1();
  const SystemClock clock;
  FS_TRY(const auto opened, open_event_source(source_options(options, layout), clock));
  EventSource& source = *opened.source;
  tell_limits(opened);
  Stream stream(options, std::move(output), std::move(redactor), layout);
  // After the source, so that nobody falls between the two.
  for (auto& process : read_existing_processes("/proc", in_v1))
    stream.add_existing(std::move(process));

  auto outcome = stream_until_told(source, stream, *loop, options);
  if (outcome) outcome = finish(source, stream);
  if (!outcome && stream.reader_is_gone()) outcome = {};  // as in `capture | head`
  if (options.top > 0)
    fmt::print(stderr, "{}", stream.top().render(options.top, read_text_style(STDERR_FILENO)));
  print_summary(source.stats(), stream.joined());
  return outcome;
}

}  // namespace foreshock::agent

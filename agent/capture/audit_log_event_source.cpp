#include "agent/capture/audit_log_event_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/capture/existing_processes.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

constexpr auto kLookInterval = std::chrono::seconds(1);
/// The daemon writes the lines of an event together: after this long nothing more comes.
constexpr auto kWholeAfter = std::chrono::milliseconds(200);
constexpr std::size_t kMaxLineBytes = std::size_t{64} << 10;
constexpr std::size_t kMaxReads = 64;  // of 64 KiB each, in one drain
constexpr std::size_t kMaxRunning = 65536;

Result<UniqueFd> open_log(const std::string& path) {
  return open_at(AT_FDCWD, path, O_RDONLY);
}

std::uint64_t size_of(const UniqueFd& log) {
  struct stat status {};
  return ::fstat(log.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

Result<std::unique_ptr<AuditLogEventSource>> AuditLogEventSource::make(const Options& options,
                                                                       const Clock& clock) {
  FS_TRY(auto log, open_log(options.path));
  const auto end = size_of(log);
  return std::unique_ptr<AuditLogEventSource>(
      new AuditLogEventSource(options, clock, std::move(log), end));
}

AuditLogEventSource::AuditLogEventSource(Options options, const Clock& clock, UniqueFd log,
                                         std::uint64_t offset)
    : options_(std::move(options)),
      clock_(clock),
      log_(std::move(log)),
      offset_(offset),
      last_line_(clock.boot_now()),
      last_look_(clock.boot_now()) {}

std::vector<std::string> AuditLogEventSource::blind_spots() const {
  return {"what processes used, their exit codes, and exactly when they ended",
          "commands that the audit daemon's rules leave out or its rate limit drops",
          "processes that never call execve"};
}

Result<std::size_t> AuditLogEventSource::drain(const Sink& sink) {
  const auto now = clock_.boot_now();
  FS_CHECK(read_lines());
  FS_CHECK(follow_rotation());
  if (now - last_line_ >= kWholeAfter) records_.finish_all();
  for (auto& audited : records_.take()) waiting_.emplace_back(make_exec(std::move(audited)));
  if (now - last_look_ >= kLookInterval) {
    last_look_ = now;
    notice_ends();
  }
  stats_.undecodable = records_.not_understood();
  std::size_t drained = 0;
  while (!waiting_.empty()) {
    const bool is_exec = std::holds_alternative<ExecEvent>(waiting_.front());
    if (!sink(ProcessEvent(waiting_.front()))) break;
    waiting_.pop_front();
    ++(is_exec ? stats_.execs : stats_.exits);
    ++drained;
  }
  return drained;
}

Result<void> AuditLogEventSource::read_lines() {
  std::array<char, kMaxLineBytes> buffer;
  for (std::size_t i = 0; i < kMaxReads; ++i) {
    const auto n = ::pread(log_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_from_errno("read " + options_.path);
    if (n == 0) return {};
    offset_ += static_cast<std::uint64_t>(n);
    last_line_ = clock_.boot_now();
    rest_.append(buffer.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
      if (!std::exchange(skipping_, false))
        records_.add_line(std::string_view(rest_).substr(begin, end - begin));
      begin = end + 1;
    }
    rest_.erase(0, begin);
    if (rest_.size() > kMaxLineBytes) {
      rest_.clear();
      if (!std::exchange(skipping_, true)) ++stats_.lost_execs;
    }
  }
  return {};
}

/// The old log was read to its end before.
Result<void> AuditLogEventSource::follow_rotation() {
  struct stat open_now {};
  struct stat named_now {};
  if (::fstat(log_.get(), &open_now) != 0) return error_from_errno("stat " + options_.path);
  if (::stat(options_.path.c_str(), &named_now) != 0) return {};  // between two: soon there again
  const bool replaced = open_now.st_ino != named_now.st_ino || open_now.st_dev != named_now.st_dev;
  const bool truncated = static_cast<std::uint64_t>(open_now.st_size) < offset_;
  if (!replaced && !truncated) return {};
  FS_CHECK(read_lines());
  if (replaced) {
    FS_TRY(log_, open_log(options_.path));
  }
  offset_ = 0;
  rest_.clear();
  return read_lines();
}

ExecEvent AuditLogEventSource::make_exec(AuditedExec&& audited) {
  ExecEvent exec;
  const auto wall_minus_boot =
      clock_.wall_now().time_since_epoch() - clock_.boot_now().time_since_epoch();
  exec.time = BootTime(audited.time.time_since_epoch() - wall_minus_boot);
  exec.facts.process = make_process_key(audited.pid, exec.time);
  exec.facts.parent.pid = audited.parent_pid;
  exec.facts.identity = audited.identity;
  exec.facts.comm = std::move(audited.comm);
  exec.filename = std::move(audited.filename);
  exec.argv = make_argv(audited.words);
  exec.argv.true_bytes = static_cast<std::uint32_t>(audited.true_bytes);
  exec.cwd = std::move(audited.cwd);
  exec.tty = std::move(audited.tty);
  // What still runs has its true start and its cgroup in /proc.
  if (const auto process =
          read_existing_process(options_.proc_root, audited.pid, options_.cgroup_v1)) {
    if (process->event.time <= exec.time + kStartResolution) {
      exec.facts.process = process->event.facts.process;
      exec.facts.parent = process->event.facts.parent;
      struct stat status {};
      if (!process->cgroup.empty() &&
          ::stat((options_.cgroup_root + process->cgroup).c_str(), &status) == 0)
        exec.facts.cgroup_id = status.st_ino;
    }
  }
  if (running_.size() < kMaxRunning) running_[audited.pid] = exec.facts;
  return exec;
}

void AuditLogEventSource::notice_ends() {
  for (auto it = running_.begin(); it != running_.end();) {
    const auto process = read_existing_process(options_.proc_root, it->first, options_.cgroup_v1);
    if (process && process->event.facts.process.start <= it->second.process.start) {
      ++it;
      continue;
    }
    ExitEvent exit;
    exit.time = clock_.boot_now();
    exit.facts = std::move(it->second);
    exit.status_known = false;
    exit.use_known = false;
    waiting_.emplace_back(std::move(exit));
    it = running_.erase(it);
  }
}

}  // namespace foreshock::agent

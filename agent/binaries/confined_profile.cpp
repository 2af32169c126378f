#include "agent/binaries/confined_profile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/binaries/disassembler.h"
#include "agent/binaries/elf_profile.h"
#include "common/os/file.h"
#include "common/wire/codec.h"

namespace foreshock::agent {

namespace {

constexpr int kProfiled = 0;
constexpr int kNotProfiled = 3;  ///< and why is on standard output
constexpr std::size_t kMostOutputBytes = 64 << 10;
constexpr rlim_t kMostMemoryBytes = 1 << 30;
constexpr rlim_t kMostSeconds = 5;

/// What libelf, Capstone, zstd and malloc call, and the end of a process.
constexpr std::array kAllowedCalls = {
    SCMP_SYS(read),       SCMP_SYS(pread64),     SCMP_SYS(write),        SCMP_SYS(lseek),
    SCMP_SYS(fstat),      SCMP_SYS(newfstatat),  SCMP_SYS(fcntl),        SCMP_SYS(brk),
    SCMP_SYS(mmap),       SCMP_SYS(munmap),      SCMP_SYS(mremap),       SCMP_SYS(mprotect),
    SCMP_SYS(madvise),    SCMP_SYS(futex),       SCMP_SYS(sched_yield),  SCMP_SYS(clock_gettime),
    SCMP_SYS(getrandom),  SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(exit_group), SCMP_SYS(exit)};

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// The child has no signals blocked, as the agent's threads have.
class PlainSignals {
 public:
  PlainSignals() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  ~PlainSignals() { posix_spawnattr_destroy(&attributes_); }
  PlainSignals(const PlainSignals&) = delete;
  PlainSignals& operator=(const PlainSignals&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

Result<pid_t> spawn(const std::string& program, int input, int output) {
  FileActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), output, STDOUT_FILENO);
  posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1);
  const PlainSignals attributes;
  std::string path = program;
  std::string verb = "binary";
  std::string flag = "--confined";
  std::array<char*, 4> argv = {path.data(), verb.data(), flag.data(), nullptr};
  std::array<char*, 1> environment = {nullptr};
  pid_t pid = 0;
  const int problem = ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(),
                                    argv.data(), environment.data());
  if (problem != 0) return error_from_errno("start " + program, problem);
  return pid;
}

/// All that comes until the end or the deadline; nothing when that has passed or it is too much.
std::optional<std::string> read_output(int fd, std::chrono::nanoseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string output;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    std::array<char, 4096> chunk{};
    const auto got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return output;
    output.append(chunk.data(), static_cast<std::size_t>(got));
    if (output.size() > kMostOutputBytes) return std::nullopt;
  }
}

/// @return the wait status.
int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string printable(std::string text) {
  text.resize(std::min<std::size_t>(text.size(), 200));
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return text;
}

}  // namespace

Result<void> confine_this_process() {
  const rlimit memory{.rlim_cur = kMostMemoryBytes, .rlim_max = kMostMemoryBytes};
  const rlimit seconds{.rlim_cur = kMostSeconds, .rlim_max = kMostSeconds};
#ifndef __SANITIZE_ADDRESS__  // whose shadow is larger than any memory
  ::setrlimit(RLIMIT_AS, &memory);
#else
  (void)memory;
#endif
  ::setrlimit(RLIMIT_CPU, &seconds);
  // It takes only what others leave of the processor.
  const sched_param priority{};
  ::sched_setscheduler(0, SCHED_IDLE, &priority);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return error_from_errno("give up privileges");
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                                                seccomp_release);
  if (!filter) return Error(ErrorCode::exhausted, "make a system-call filter: no memory");
  for (const int call : kAllowedCalls) {
    if (const int problem = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0); problem != 0)
      return error_from_errno("add to the system-call filter", -problem);
  }
  if (const int problem = seccomp_load(filter.get()); problem != 0)
    return error_from_errno("load the system-call filter", -problem);
  return {};
}

int profile_standard_input() {
  (void)Disassembler::load();  // without it, a profile has no mix of instructions
  const auto confined = confine_this_process();
  const auto profile = confined ? profile_elf(STDIN_FILENO) : confined.error();
  if (!profile) {
    const std::string& why = profile.error().message();
    (void)write_all(STDOUT_FILENO, std::as_bytes(std::span(why)));
    return kNotProfiled;
  }
  // In the form in which it will travel, because its reader is made for hostile input.
  Report report;
  report.binaries.push_back(*profile);
  return write_all(STDOUT_FILENO, encode_report(report)) ? kProfiled : kNotProfiled;
}

Result<BinaryProfile> profile_confined(int fd, const ConfinedProfile& options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return error_from_errno("make a pipe");
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  FS_TRY(const pid_t pid, spawn(options.program, fd, writing.get()));
  writing = UniqueFd();
  const auto output = read_output(reading.get(), options.patience);
  if (!output) ::kill(pid, SIGKILL);
  const int status = reap(pid);
  if (!output) return Error(ErrorCode::unavailable, "describe a binary: it took too long");
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotProfiled)
    return Error(ErrorCode::unsupported, printable(*output));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kProfiled)
    return Error(ErrorCode::unavailable, "describe a binary: the process for it has died");
  FS_TRY(auto report, decode_report(std::as_bytes(std::span(*output))));
  if (report.binaries.size() != 1) return Error(ErrorCode::corrupt, "describe a binary: no answer");
  return std::move(report.binaries.front());
}

}  // namespace foreshock::agent

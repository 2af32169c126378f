#include "agent/binaries/confined_profile.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <span>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/binaries/confinement.h"
#include "common/os/own_program.h"
#include "common/os/unique_fd.h"
#include "common/wire/codec.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kMostOutputBytes = 64 << 10;

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
  std::array<char*, 2> argv = {path.data(), nullptr};
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

Result<BinaryProfile> profile_confined(int fd, const ConfinedProfile& options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return error_from_errno("make a pipe");
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const std::string program =
      options.program.empty() ? find_own_program("foreshock-agent-binary") : options.program;
  FS_TRY(const pid_t pid, spawn(program, fd, writing.get()));
  writing = UniqueFd();
  const auto output = read_output(reading.get(), options.patience);
  if (!output) ::kill(pid, SIGKILL);
  const int status = reap(pid);
  if (!output) return Error(ErrorCode::unavailable, "describe a binary: it took too long");
  if (WIFEXITED(status) && WEXITSTATUS(status) == kExitNotProfiled)
    return Error(ErrorCode::unsupported, printable(*output));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kExitProfiled)
    return Error(ErrorCode::unavailable, "describe a binary: the process for it has died");
  FS_TRY(auto report, decode_report(std::as_bytes(std::span(*output))));
  if (report.binaries.size() != 1) return Error(ErrorCode::corrupt, "describe a binary: no answer");
  return std::move(report.binaries.front());
}

}  // namespace foreshock::agent

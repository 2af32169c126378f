#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace foreshock::test {

/// A program under test. Killed when the object goes.
class ChildProcess {
 public:
  /// Output (both streams) is appended to `log_path`.
  ChildProcess(std::vector<std::string> argv, const std::string& log_path);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number) const;
  /// kill -9 and wait.
  void kill_hard();
  /// SIGTERM; the exit status, or nothing when it did not end in time.
  std::optional<int> terminate(std::chrono::seconds deadline = std::chrono::seconds(60));
  std::optional<int> wait(std::chrono::seconds deadline);

 private:
  pid_t pid_ = -1;
};

struct Finished {
  int status = -1;  ///< exit status; 128 + signal
  std::string output;
};
/// Runs a program to its end; both streams.
Finished run_program(const std::vector<std::string>& argv);

/// Asks `condition` again and again; false when it never held.
template <typename Condition>
bool eventually(Condition condition, std::chrono::seconds deadline = std::chrono::seconds(60));

/// A TCP port on loopback that was free a moment ago.
int free_port();

}  // namespace foreshock::test

#include <thread>

template <typename Condition>
bool foreshock::test::eventually(Condition condition, std::chrono::seconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

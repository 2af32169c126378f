#include "tests/support/exec_load.h"

#include <filesystem>
#include <thread>

#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

namespace foreshock::test {

std::size_t generate_execs(const std::string& program, std::size_t count, double per_second,
                           const std::function<void(std::size_t)>& between) {
  const auto pause = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(1 / per_second));
  auto next = std::chrono::steady_clock::now();
  std::size_t done = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (between) between(i);
    std::string name = program;
    std::string number = std::to_string(i);
    char* argv[] = {name.data(), number.data(), nullptr};
    pid_t pid = -1;
    int status = 0;
    if (posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ) == 0 &&
        ::waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
      ++done;
    }
    next += pause;
    std::this_thread::sleep_until(next);
  }
  return done;
}

std::string make_named_program(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  std::filesystem::copy_file("/bin/true", path);
  return path;
}

}  // namespace foreshock::test

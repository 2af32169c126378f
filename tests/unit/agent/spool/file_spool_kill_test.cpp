#include <cstdint>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/spool/file_spool.h"
#include "tests/unit/agent/spool/spool_files.h"

namespace foreshock::agent {
namespace {

/// Appends for ever and tells each sequence through the pipe once append has returned.
[[noreturn]] void write_until_killed(const std::string& directory, int report_fd) {
  const SystemClock clock;
  auto spool = FileSpool::open(directory, {.max_bytes = 64 << 20, .segment_bytes = 4096}, clock);
  if (!spool) ::_exit(1);
  while (true) {
    // Behind a torn entry the numbers jump: the payload must belong to the number it will get.
    const auto next = (*spool)->stats().last_sequence + 1;
    const auto appended = (*spool)->append(as_bytes(payload_of(next)));
    if (!appended || *appended != next) ::_exit(2);
    if (::write(report_fd, &*appended, sizeof *appended) != sizeof *appended) ::_exit(3);
  }
}

TEST(FileSpool, killed_in_mid_write_keeps_every_entry_that_append_returned) {
  constexpr int kRounds = 25;
  const TemporaryDirectory directory;
  const SystemClock clock;
  std::vector<std::uint64_t> acknowledged;
  for (int round = 0; round < kRounds; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe_fds[0]);
      write_until_killed(directory.path("spool"), pipe_fds[1]);
    }
    ::close(pipe_fds[1]);
    // Killed after a different number of entries each time, at whatever it is doing then.
    std::uint64_t sequence = 0;
    for (int i = 0; i < 20 + round * 7; ++i) {
      ASSERT_EQ(::read(pipe_fds[0], &sequence, sizeof sequence),
                static_cast<ssize_t>(sizeof sequence))
          << "the writer ended by itself";
      acknowledged.push_back(sequence);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(pipe_fds[0], &sequence, sizeof sequence) ==
           static_cast<ssize_t>(sizeof sequence)) {
      acknowledged.push_back(sequence);
    }
    ::close(pipe_fds[0]);
  }

  auto spool = FileSpool::open(directory.path("spool"), {.max_bytes = 64 << 20}, clock);
  ASSERT_TRUE(spool) << spool.error().message();
  const auto kept = sequences_in(**spool);  // checks the payloads
  EXPECT_TRUE(std::ranges::is_sorted(acknowledged)) << "a sequence was used twice";
  EXPECT_TRUE(std::ranges::includes(kept, acknowledged));
  // At most one entry a round was written but not yet acknowledged.
  EXPECT_LE(kept.size(), acknowledged.size() + kRounds);
  EXPECT_EQ((*spool)->stats().corrupt_entries, 0U);
  EXPECT_EQ((*spool)->stats().dropped_entries, 0U);
}

}  // namespace
}  // namespace foreshock::agent

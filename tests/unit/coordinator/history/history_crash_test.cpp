// The store's process is killed at random moments; what it had reported as appended must be there,
// whole, once.

#include <csignal>
#include <map>
#include <random>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/unique_fd.h"
#include "tests/unit/coordinator/history/history_fixture.h"

namespace foreshock::coordinator::test {
namespace {

constexpr std::uint32_t kPerBatch = 7;

/// All that a batch holds follows from its number.
ReceivedBatch numbered_batch(std::uint64_t sequence) {
  Report report = make_report(static_cast<double>(sequence));
  for (std::uint32_t i = 0; i < kPerBatch; ++i) {
    const auto pid = static_cast<std::uint32_t>(sequence * kPerBatch + i);
    report.executions.push_back(make_ended(
        make_execution(pid, static_cast<double>(sequence), {"job", std::to_string(sequence)}),
        1e6));
  }
  report.samples.workloads.push_back(
      make_sample(static_cast<double>(sequence), std::chrono::seconds(sequence), 1));
  report.losses.push_back({Hop::spool, 1});
  return make_batch(sequence, std::move(report));
}

/// The child: appends from `next` on, three batches at a time, the first one of each call a repeat,
/// and reports the last number over the pipe after each call. Never returns.
[[noreturn]] void append_for_ever(const std::string& path, std::uint64_t next, int report_fd) {
  auto store = SqliteHistoryStore::open(path);
  if (!store) _exit(1);
  for (;; next += 2) {
    const std::vector batches = {numbered_batch(next - 1), numbered_batch(next),
                                 numbered_batch(next + 1)};
    if (!(*store)->append(batches)) _exit(2);
    const std::uint64_t last = next + 1;
    if (write(report_fd, &last, sizeof last) != sizeof last) _exit(3);
  }
}

struct Reported {
  std::uint64_t last = 0;
  bool closed = false;
};

/// Takes what is in the pipe, waiting at most `timeout_ms` for the first of it.
void read_reports(int fd, int timeout_ms, Reported& reported) {
  pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
  while (poll(&ready, 1, timeout_ms) > 0) {
    std::uint64_t last = 0;
    if (read(fd, &last, sizeof last) != sizeof last) {
      reported.closed = true;
      return;
    }
    reported.last = last;
    timeout_ms = 0;
  }
}

class HistoryCrashTest : public HistoryTest {
 protected:
  void SetUp() override {}

  /// Starts the writer, kills it `after` its first report; the last number it reported.
  std::uint64_t run_and_kill(std::uint64_t next, std::chrono::microseconds after) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    UniqueFd reading(ends[0]);
    UniqueFd writing(ends[1]);
    const pid_t child = fork();
    if (child == 0) append_for_ever(path_, next, writing.get());
    writing.reset();
    Reported reported;
    read_reports(reading.get(), 60'000, reported);
    EXPECT_GT(reported.last, 0U) << "the writer did not come up";
    const auto kill_at = std::chrono::steady_clock::now() + after;
    while (std::chrono::steady_clock::now() < kill_at && !reported.closed)
      read_reports(reading.get(), 0, reported);
    kill(child, SIGKILL);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself: " << WEXITSTATUS(status);
    while (!reported.closed) read_reports(reading.get(), 60'000, reported);
    return reported.last;
  }

  /// Batches in the file, each of them whole and there once.
  std::uint64_t check_file() {
    const auto reader = SqliteHistoryReader::open(path_).value();
    const auto rows = reader->executions({.limit = 100'000}).value();
    std::map<std::string, std::uint32_t> by_batch;
    for (const auto& row : rows) {
      ++by_batch[row.argv.at(1)];
      EXPECT_TRUE(row.end.has_value());
    }
    for (const auto& [batch, count] : by_batch) EXPECT_EQ(count, kPerBatch) << "batch " << batch;
    const std::uint64_t batches = by_batch.size();
    EXPECT_EQ(rows.size(), batches * kPerBatch);
    const auto host = reader->hosts().value().at(0);
    EXPECT_EQ(host.executions, rows.size());
    EXPECT_EQ(host.losses, batches);  // repeats would count twice
    const auto database = Database::open(path_, OpenMode::read_only).value();
    EXPECT_EQ(database.read_integer("SELECT count(*) FROM sample").value(),
              static_cast<std::int64_t>(batches));
    auto committed = database.prepare("SELECT committed FROM delivery").value();
    EXPECT_TRUE(committed.step().value());
    EXPECT_EQ(committed.text(0), "1-" + std::to_string(batches));
    return batches;
  }
};

TEST_F(HistoryCrashTest, keeps_each_reported_batch_once_through_kills) {
  constexpr int kKills = 25;
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> microseconds(0, 30'000);
  std::uint64_t committed = 1;
  { ASSERT_TRUE(SqliteHistoryStore::open(path_).value()->append(std::vector{numbered_batch(1)})); }
  for (int round = 0; round < kKills; ++round) {
    const std::uint64_t reported =
        run_and_kill(committed + 1, std::chrono::microseconds(microseconds(random)));
    committed = check_file();
    // What was reported is there; of the call under way either all or nothing.
    EXPECT_GE(committed, reported);
    EXPECT_LE(committed, reported + 2);
    ASSERT_FALSE(HasFailure()) << "in round " << round;
  }
  const auto database = Database::open(path_, OpenMode::read_write).value();
  auto check = database.prepare("PRAGMA integrity_check").value();
  ASSERT_TRUE(check.step().value());
  EXPECT_EQ(check.text(0), "ok");
}

}  // namespace
}  // namespace foreshock::coordinator::test

#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/history/sqlite_history_reader.h"
#include "coordinator/history/sqlite_history_store.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator::test {

inline constexpr std::chrono::hours kBooted{24 *
                                            20000};  ///< wall time of the boot of the tests' hosts
inline const Incarnation kIncarnation{{1, 2}};

/// The wall time of a second of the tests' clock, which counts from the boot.
inline WallTime wall(double seconds) {
  return WallTime(kBooted + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}
inline BootTime boot(double seconds) {
  return BootTime(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}

/// A report of the second before `end`, empty.
inline Report make_report(double end = 10) {
  Report report;
  report.boot_id = {{3, 4}};
  report.host_name = "alpha";
  report.agent_version = "0.1.0";
  report.period_start = boot(end - 1);
  report.period_end = boot(end);
  report.wall_minus_boot = kBooted;
  return report;
}

inline ReceivedBatch make_batch(std::uint64_t sequence, Report report = make_report(),
                                std::string key = "key of alpha") {
  return {.public_key = std::move(key),
          .incarnation = kIncarnation,
          .sequence = sequence,
          .report = std::move(report)};
}

/// A command that began at a second, without its end.
inline Execution make_execution(std::uint32_t pid, double start,
                                const std::vector<std::string>& words) {
  Execution execution;
  execution.facts.process = {.pid = pid, .start = boot(start - 0.5)};
  execution.facts.parent = {.pid = 1, .start = boot(0)};
  execution.facts.identity = {.uid = 1000, .gid = 1000, .login_uid = 1000, .session_id = 7};
  execution.facts.cgroup_id = 42;
  execution.facts.comm = "comm";
  execution.exec_time = boot(start);
  execution.cgroup = "/work.slice";
  execution.filename = words.empty() ? "" : "/bin/" + words.front();
  execution.argv = make_argv(words);
  return execution;
}

inline Execution make_ended(Execution execution, double end,
                            Nanoseconds cpu = std::chrono::seconds(2)) {
  execution.end = ExecutionEnd{.time = boot(end), .wait_status = 3 << 8, .use = {}};
  execution.end->use.cpu = cpu;
  execution.end->use.peak_rss = {1000};
  return execution;
}

inline WorkloadSample make_sample(double time, Nanoseconds cpu, std::uint64_t memory_bytes) {
  WorkloadSample sample;
  sample.cgroup = "/work.slice";
  sample.cgroup_id = 42;
  sample.time = boot(time);
  sample.cpu_usage = cpu;
  sample.memory_working_set = Bytes{memory_bytes};
  return sample;
}

/// A store in a directory of its own, and a reader of it.
class HistoryTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  void open(const HistoryOptions& options = {}) {
    reader_.reset();
    store_.reset();
    auto store = SqliteHistoryStore::open(path_, options);
    ASSERT_TRUE(store) << store.error().message();
    store_ = *std::move(store);
    auto reader = SqliteHistoryReader::open(path_);
    ASSERT_TRUE(reader) << reader.error().message();
    reader_ = *std::move(reader);
  }

  std::vector<AppendedBatch> append(const std::vector<ReceivedBatch>& batches) {
    auto appended = store_->append(batches);
    EXPECT_TRUE(appended) << appended.error().message();
    return appended ? *std::move(appended) : std::vector<AppendedBatch>(batches.size());
  }
  /// One batch; the host's number.
  HostId append_report(const Report& report) {
    return append({make_batch(++sequence_, report)}).front().host;
  }

  std::vector<ExecutionRow> executions(const ExecutionQuery& query = {}) {
    return reader_->executions(query).value();
  }

  foreshock::test::TempDir dir_;
  const std::string path_ = dir_ / "history.db";
  std::unique_ptr<SqliteHistoryStore> store_;
  std::unique_ptr<SqliteHistoryReader> reader_;
  std::uint64_t sequence_ = 1'000'000;
};

}  // namespace foreshock::coordinator::test

#include "coordinator/history/sqlite_history_reader.h"

#include <atomic>
#include <cmath>
#include <thread>

#include "tests/unit/coordinator/history/history_fixture.h"

namespace foreshock::coordinator::test {
namespace {

class SqliteHistoryReaderTest : public HistoryTest {
 protected:
  /// Sixty seconds of a workload that uses half a core, sampled a little off the second.
  HostId append_minute() {
    HostId host = 0;
    for (int second = 0; second < 60; ++second) {
      Report report = make_report(second + 1);
      const double time = second + (second % 2 == 0 ? 0.1 : 0.4);
      WorkloadSample sample =
          make_sample(time, Nanoseconds(static_cast<std::int64_t>(time * 5e8)), 1000);
      sample.cpu_pressure = Nanoseconds(static_cast<std::int64_t>(time * 1e8));
      report.samples.workloads.push_back(sample);
      HostSample whole;
      whole.time = boot(time);
      whole.cpu_user = Nanoseconds(static_cast<std::int64_t>(time * 1e9));
      whole.cpu_irq = whole.cpu_user;
      whole.cpu_idle = std::chrono::hours(1);
      whole.cpu_iowait = std::chrono::hours(second);
      whole.memory_total = {5000};
      whole.memory_available = {2000};
      whole.load1_permille = 1500;
      report.samples.host = whole;
      host = append_report(report);
    }
    return host;
  }

  Series read(HostId host, const std::string& cgroup, Quantity quantity, double from = 1,
              double to = 59) {
    auto series =
        reader_->series({.key = {{host, cgroup}, quantity}, .from = wall(from), .to = wall(to)});
    EXPECT_TRUE(series) << series.error().message();
    return *std::move(series);
  }
};

void expect_all(const Series& series, double value) {
  ASSERT_FALSE(series.values.empty());
  for (std::size_t i = 0; i < series.values.size(); ++i)
    EXPECT_NEAR(series.values[i], value, 1e-6) << i;
}

TEST_F(SqliteHistoryReaderTest, reads_a_workloads_series_in_their_units) {
  const HostId host = append_minute();
  const Series cpu = read(host, "/work.slice", Quantity::cpu_usage);
  EXPECT_EQ(cpu.values.size(), 58U);
  EXPECT_EQ(cpu.start, wall(1));
  EXPECT_EQ(cpu.end(), wall(59));
  expect_all(cpu, 0.5);
  expect_all(read(host, "/work.slice", Quantity::cpu_pressure), 0.1);
  expect_all(read(host, "/work.slice", Quantity::memory_used), 1000);
}

TEST_F(SqliteHistoryReaderTest, reads_a_hosts_series_in_their_units) {
  const HostId host = append_minute();
  expect_all(read(host, "", Quantity::cpu_usage), 2);
  expect_all(read(host, "", Quantity::memory_used), 3000);
  expect_all(read(host, "", Quantity::load1), 1.5);
}

TEST_F(SqliteHistoryReaderTest, what_was_never_sampled_is_nan) {
  const HostId host = append_minute();
  for (const Series& series : {read(host, "/work.slice", Quantity::oom_kills),
                               read(host, "/no.slice", Quantity::cpu_usage),
                               read(host + 1, "/work.slice", Quantity::cpu_usage),
                               read(host, "/work.slice", Quantity::memory_used, 1000, 1010)}) {
    for (const double value : series.values) EXPECT_TRUE(std::isnan(value));
  }
}

TEST_F(SqliteHistoryReaderTest, refuses_a_window_that_makes_no_sense) {
  const SeriesKey key{{1, "/a"}, Quantity::cpu_usage};
  using std::chrono::seconds;
  EXPECT_FALSE(reader_->series({.key = key, .from = wall(0), .to = wall(1), .step = seconds(0)}));
  EXPECT_FALSE(reader_->series({.key = key, .from = wall(1), .to = wall(0)}));
  EXPECT_FALSE(reader_->series({.key = key, .from = WallTime::min(), .to = WallTime::max()}));
  EXPECT_FALSE(reader_->series({.key = key, .from = wall(0), .to = wall(1), .step = seconds(-1)}));
  EXPECT_FALSE(
      reader_->series({.key = {{1, "/a"}, Quantity::unknown}, .from = wall(0), .to = wall(1)}));
  EXPECT_TRUE(reader_->series({.key = key, .from = wall(1), .to = wall(1)}).value().values.empty());
}

TEST_F(SqliteHistoryReaderTest, lists_the_series_that_are_active) {
  const HostId host = append_minute();
  Report old = make_report(2);
  old.samples.workloads.push_back(make_sample(1, std::chrono::seconds(1), 1));
  old.samples.workloads.back().cgroup = "/gone.slice";
  append_report(old);
  const auto keys = reader_->series_keys(wall(30)).value();
  EXPECT_EQ(keys, (std::vector<SeriesKey>{{{host, ""}, Quantity::cpu_usage},
                                          {{host, ""}, Quantity::memory_used},
                                          {{host, ""}, Quantity::load1},
                                          {{host, "/work.slice"}, Quantity::cpu_usage},
                                          {{host, "/work.slice"}, Quantity::memory_used},
                                          {{host, "/work.slice"}, Quantity::cpu_pressure}}));
  EXPECT_EQ(reader_->series_keys(wall(0)).value().size(), keys.size() + 2);
  EXPECT_EQ(store_->stats()->series, keys.size() + 2);
}

TEST_F(SqliteHistoryReaderTest, lists_workloads_without_the_host_itself) {
  const HostId host = append_minute();
  append({make_batch(1, make_report(), "key of beta")});
  const auto workloads = reader_->workloads(host).value();
  ASSERT_EQ(workloads.size(), 1U);
  EXPECT_EQ(workloads[0].workload, (Workload{host, "/work.slice"}));
  EXPECT_EQ(workloads[0].cgroup_id, 42U);
  EXPECT_EQ(workloads[0].last_seen, wall(59.4));
  EXPECT_EQ(reader_->workloads(std::nullopt).value().size(), 1U);
  EXPECT_TRUE(reader_->workloads(host + 1).value().empty());
}

TEST_F(SqliteHistoryReaderTest, finds_executions_newest_first) {
  Report report = make_report();
  report.executions = {make_execution(1, 1, {"ls", "-l"}),
                       make_ended(make_execution(2, 2, {"pg_dump", "shop"}), 4),
                       make_execution(3, 3, {"ls", "-l"})};
  report.executions[2].facts.identity.login_uid.reset();
  report.executions[1].end->connections = 3;
  const HostId host = append_report(report);
  const auto pids = [this](const ExecutionQuery& query) {
    std::vector<std::uint32_t> found;
    for (const auto& row : executions(query)) found.push_back(row.pid);
    return found;
  };
  using Pids = std::vector<std::uint32_t>;
  EXPECT_EQ(pids({}), (Pids{3, 2, 1}));
  EXPECT_EQ(pids({.limit = 2}), (Pids{3, 2}));
  EXPECT_EQ(pids({.host = host, .signature = "ls -l"}), (Pids{3, 1}));
  EXPECT_EQ(pids({.text = "dump sh"}), (Pids{2}));
  EXPECT_EQ(pids({.from = wall(2), .to = wall(3)}), (Pids{2}));
  EXPECT_EQ(pids({.host = host + 1}), Pids{});
  EXPECT_EQ(pids({.signature = "never ran"}), Pids{});

  const ExecutionRow row = executions({.text = "pg_dump"}).front();
  EXPECT_EQ(row.host, host);
  EXPECT_EQ(row.start, wall(2));
  EXPECT_EQ(row.parent_pid, 1U);
  EXPECT_EQ(row.uid, 1000U);
  EXPECT_EQ(row.login_uid, 1000U);
  EXPECT_EQ(row.cgroup, "/work.slice");
  EXPECT_EQ(row.argv, (std::vector<std::string>{"pg_dump", "shop"}));
  EXPECT_EQ(row.filename, "/bin/pg_dump");
  EXPECT_FALSE(row.truncated);
  EXPECT_FALSE(row.existing);
  EXPECT_EQ(row.end, wall(4));
  EXPECT_EQ(row.use, report.executions[1].end->use);
  EXPECT_EQ(executions()[0].login_uid, std::nullopt);
  EXPECT_EQ(executions()[0].use, std::nullopt);
  EXPECT_EQ(row.connections, 3U);
  EXPECT_EQ(executions()[0].connections, std::nullopt);
}

TEST_F(SqliteHistoryReaderTest, gives_the_runs_of_signatures_that_ran_often_enough) {
  Report report = make_report();
  for (const int start : {5, 3, 4}) {
    report.executions.push_back(
        make_execution(static_cast<std::uint32_t>(start), start, {"often"}));
  }
  report.executions.push_back(make_execution(20, 5, {"sudo", "often"}));
  report.executions.push_back(make_execution(10, 4, {"seldom"}));
  for (const int start : {6, 7, 8}) {
    Execution existing = make_execution(static_cast<std::uint32_t>(start), start, {"existing"});
    existing.existing = true;
    report.executions.push_back(existing);
    Execution forked = make_execution(static_cast<std::uint32_t>(start + 100), start, {"forked"});
    forked.exec_seen = false;
    report.executions.push_back(forked);
  }
  const HostId host = append_report(report);
  const auto runs = reader_->signature_runs(wall(3), wall(60), 2).value();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].signature, "often");
  EXPECT_EQ(runs[0].base_names, (std::vector<std::string>{"often", "sudo"}));
  EXPECT_EQ(runs[0].host, host);
  EXPECT_EQ(runs[0].starts, (std::vector{wall(3), wall(4), wall(5), wall(5)}));
  EXPECT_TRUE(reader_->signature_runs(wall(3), wall(5), 3).value().empty());
  EXPECT_EQ(reader_->signature_runs(wall(3), wall(60), 1).value().size(), 2U);
}

TEST_F(SqliteHistoryReaderTest, tells_how_full_the_dictionary_of_signatures_is) {
  Report report = make_report();
  report.executions = {make_execution(1, 1, {"ls"}), make_execution(2, 2, {"pg_dump"})};
  append_report(report);
  const auto use = reader_->signature_use().value();
  EXPECT_EQ(use.count, 2U);
  EXPECT_FALSE(use.last_left_out);
}

TEST_F(SqliteHistoryReaderTest, reads_whole_batches_while_the_writer_goes_on) {
  constexpr std::size_t kBatches = 100;
  constexpr std::size_t kPerBatch = 20;
  std::atomic<bool> done = false;
  std::jthread reading([this, &done] {
    const auto reader = SqliteHistoryReader::open(path_).value();
    std::size_t seen = 0;
    while (!done) {
      const auto rows = reader->executions({.limit = kBatches * kPerBatch + 1});
      ASSERT_TRUE(rows) << rows.error().message();
      EXPECT_EQ(rows->size() % kPerBatch, 0U);
      EXPECT_GE(rows->size(), seen);
      seen = rows->size();
      ASSERT_TRUE(reader->signature_runs(wall(0), wall(1000), 1));
    }
  });
  for (std::size_t batch = 0; batch < kBatches; ++batch) {
    Report report = make_report();
    for (std::size_t i = 0; i < kPerBatch; ++i) {
      report.executions.push_back(
          make_execution(static_cast<std::uint32_t>(batch * kPerBatch + i + 1),
                         static_cast<double>(batch), {"work"}));
    }
    append_report(report);
  }
  done = true;
  reading.join();
  EXPECT_EQ(executions({.limit = 10'000}).size(), kBatches * kPerBatch);
}

}  // namespace
}  // namespace foreshock::coordinator::test

#include "coordinator/history/sqlite_history_store.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <numeric>
#include <random>

#include "coordinator/sqlite/migrations.h"
#include "embedded/history_migrations.h"
#include "tests/unit/coordinator/history/history_fixture.h"

namespace foreshock::coordinator::test {
namespace {

using namespace std::string_literals;

class SqliteHistoryStoreTest : public HistoryTest {
 protected:
  std::int64_t count(const std::string& table) {
    return Database::open(path_, OpenMode::read_only)
        .value()
        .read_integer("SELECT count(*) FROM " + table)
        .value();
  }
  std::string text(const std::string& sql) {
    const auto database = Database::open(path_, OpenMode::read_only).value();
    auto statement = database.prepare(sql).value();
    EXPECT_TRUE(statement.step().value());
    return statement.text(0);
  }
};

Report with_execution(const Execution& execution, double end = 10) {
  Report report = make_report(end);
  report.executions.push_back(execution);
  return report;
}

TEST_F(SqliteHistoryStoreTest, a_repeated_batch_writes_nothing) {
  Report report = with_execution(make_execution(100, 5, {"ls"}));
  report.losses.push_back({Hop::spool, 3});
  EXPECT_FALSE(append({make_batch(1, report)})[0].repeated);
  const auto again = append({make_batch(1, report), make_batch(2, make_report())});
  EXPECT_TRUE(again[0].repeated);
  EXPECT_FALSE(again[1].repeated);
  EXPECT_EQ(again[0].host, again[1].host);
  EXPECT_EQ(executions().size(), 1U);
  EXPECT_EQ(reader_->hosts().value()[0].losses, 3U);
  EXPECT_EQ(store_->stats()->repeated_batches, 1U);
}

TEST_F(SqliteHistoryStoreTest, the_second_of_two_equal_batches_in_one_call_is_repeated) {
  const ReceivedBatch batch = make_batch(1, with_execution(make_execution(100, 5, {"ls"})));
  const auto appended = append({batch, batch});
  EXPECT_FALSE(appended[0].repeated);
  EXPECT_TRUE(appended[1].repeated);
  EXPECT_EQ(executions().size(), 1U);
}

TEST_F(SqliteHistoryStoreTest, knows_repeats_after_a_restart) {
  append({make_batch(7), make_batch(3)});
  open();
  const auto appended = append({make_batch(3), make_batch(4), make_batch(7)});
  EXPECT_TRUE(appended[0].repeated);
  EXPECT_FALSE(appended[1].repeated);
  EXPECT_TRUE(appended[2].repeated);
  EXPECT_EQ(text("SELECT committed FROM delivery"), "3-4,7-7");
}

TEST_F(SqliteHistoryStoreTest, sequences_of_a_new_spool_or_another_agent_are_their_own) {
  ReceivedBatch new_spool = make_batch(1);
  new_spool.incarnation = {{9, 9}};
  const auto appended =
      append({make_batch(1), new_spool, make_batch(1, make_report(), "key of beta")});
  for (const auto& batch : appended) EXPECT_FALSE(batch.repeated);
  EXPECT_EQ(appended[0].host, appended[1].host);
  EXPECT_NE(appended[0].host, appended[2].host);
}

TEST_F(SqliteHistoryStoreTest, what_was_received_takes_one_row_however_much_it_is) {
  std::vector<std::uint64_t> sequences(2000);
  std::iota(sequences.begin(), sequences.end(), 1);
  std::ranges::shuffle(sequences, std::mt19937(1));
  std::vector<ReceivedBatch> batches;
  for (const auto sequence : sequences) batches.push_back(make_batch(sequence));
  append(batches);
  EXPECT_EQ(count("delivery"), 1);
  EXPECT_EQ(text("SELECT committed FROM delivery"), "1-2000");
}

TEST_F(SqliteHistoryStoreTest, a_renamed_host_keeps_its_number) {
  const HostId host = append_report(make_report());
  Report renamed = make_report(20);
  renamed.host_name = "omega";
  renamed.agent_version = "0.2.0";
  EXPECT_EQ(append_report(renamed), host);
  const auto hosts = reader_->hosts().value();
  ASSERT_EQ(hosts.size(), 1U);
  EXPECT_EQ(hosts[0].name, "omega");
  EXPECT_EQ(hosts[0].agent_version, "0.2.0");
  EXPECT_EQ(hosts[0].public_key, "key of alpha");
  EXPECT_EQ(hosts[0].first_seen, wall(10));
  EXPECT_EQ(hosts[0].last_seen, wall(20));
}

TEST_F(SqliteHistoryStoreTest, the_whole_record_replaces_the_one_of_the_start) {
  const Execution started = make_execution(100, 5, {"train.py"});
  append_report(with_execution(started, 6));
  EXPECT_FALSE(executions()[0].end.has_value());
  append_report(with_execution(make_ended(started, 8), 9));
  const auto rows = executions();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].end, wall(8));
  EXPECT_EQ(rows[0].wait_status, 3U << 8);
  EXPECT_EQ(rows[0].use->cpu, std::chrono::seconds(2));
  EXPECT_EQ(store_->stats()->executions, 1U);
  EXPECT_EQ(reader_->hosts().value()[0].executions, 1U);
}

TEST_F(SqliteHistoryStoreTest, keeps_where_a_command_was_run_from) {
  Execution execution = make_execution(100, 5, {"train.py"});
  execution.cwd = "/srv/app";
  execution.tty = "pts/3";
  execution.ancestry = std::string("bash\0sshd\0", 10);
  append_report(with_execution(execution, 6));
  const auto row = executions().at(0);
  EXPECT_EQ(row.cwd, "/srv/app");
  EXPECT_EQ(row.tty, "pts/3");
  EXPECT_EQ(row.ancestry, "bash < sshd");
}

TEST_F(SqliteHistoryStoreTest, fills_in_what_a_workload_is_when_it_is_told_late) {
  const Execution execution = make_execution(100, 5, {"train.py"});
  append_report(with_execution(execution, 6));
  EXPECT_EQ(executions().at(0).workload.unit, "");
  Report report = with_execution(make_ended(execution, 8), 9);
  report.identities.push_back({.cgroup = execution.cgroup,
                               .unit = "docker-1.scope",
                               .slice = "system.slice",
                               .container_runtime = "docker",
                               .container_id = "1",
                               .container_name = "web",
                               .pod = {}});
  append_report(report);
  EXPECT_EQ(executions().at(0).workload, report.identities[0]);
  report.identities[0].container_name.clear();
  append_report(report);
  EXPECT_EQ(executions().at(0).workload.container_name, "web") << "a known name is kept";
}

TEST_F(SqliteHistoryStoreTest, an_end_is_not_lost_by_a_later_record_without_one) {
  const Execution started = make_execution(100, 5, {"train.py"});
  append_report(with_execution(make_ended(started, 8)));
  append_report(with_execution(started));
  const auto rows = executions();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].end, wall(8));
}

TEST_F(SqliteHistoryStoreTest, an_end_seen_by_a_later_life_of_the_agent_joins_its_exec) {
  const Execution started = make_execution(100, 5, {"train.py"});
  append_report(with_execution(started));
  Execution from_proc = make_ended(started, 8);
  from_proc.existing = true;
  from_proc.exec_time = from_proc.facts.process.start;
  append_report(with_execution(from_proc));
  const auto rows = executions();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].start, wall(5));
  EXPECT_EQ(rows[0].end, wall(8));
  EXPECT_EQ(rows[0].argv, std::vector<std::string>{"train.py"});
  EXPECT_FALSE(rows[0].existing);
}

TEST_F(SqliteHistoryStoreTest, an_end_without_a_known_exec_is_a_row_of_its_own) {
  Execution fork = make_ended(make_execution(100, 5, {}), 8);
  fork.exec_seen = false;
  append_report(with_execution(fork));
  EXPECT_EQ(executions().size(), 1U);
}

TEST_F(SqliteHistoryStoreTest, executions_differ_by_boot_host_process_start_and_exec) {
  const Execution one = make_execution(100, 5, {"a"});
  Execution later_process = one;
  later_process.facts.process.start = boot(5.1);
  Execution later_exec = one;
  later_exec.exec_time = boot(6);
  Report report = make_report();
  report.executions = {one, later_process, later_exec, one};
  Report other_boot = with_execution(one);
  other_boot.boot_id = {{5, 5}};
  append({make_batch(1, report), make_batch(2, other_boot), make_batch(1, report, "key of beta")});
  EXPECT_EQ(executions().size(), 3U + 1U + 3U);
  EXPECT_EQ(store_->stats()->executions, 7U);
}

TEST_F(SqliteHistoryStoreTest, hostile_texts_come_back_as_they_were) {
  const std::string hostile = "a'b\"; DROP TABLE execution; --\xff\xc3(\n\x1b[31m";
  Execution execution = make_execution(100, 5, {"sh", hostile, "", "two words"});
  execution.facts.comm = "c\0d"s;
  execution.filename = hostile;
  execution.cgroup = "/" + hostile;
  Report report = with_execution(execution);
  report.host_name = "h\0st"s + hostile;
  append_report(report);
  const auto rows = executions({.text = hostile});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].argv, (std::vector<std::string>{"sh", hostile, "", "two words"}));
  EXPECT_EQ(rows[0].comm, execution.facts.comm);
  EXPECT_EQ(rows[0].filename, hostile);
  EXPECT_EQ(rows[0].cgroup, execution.cgroup);
  EXPECT_EQ(reader_->hosts().value()[0].name, report.host_name);
}

TEST_F(SqliteHistoryStoreTest, numbers_at_their_ends_are_kept_or_bounded) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  Execution execution = make_ended(make_execution(~0U, 5, {"a"}), 6, Nanoseconds::max());
  execution.end->use.peak_rss = {kMost};
  execution.end->use.read_calls = kMost;
  execution.exec_time = BootTime(Nanoseconds::max());
  Report report = with_execution(execution);
  report.wall_minus_boot = Nanoseconds::max();
  report.losses = {{Hop::decode, kMost}, {Hop::decode, kMost}};
  report.samples.workloads.push_back(make_sample(1, Nanoseconds::min(), kMost));
  append({make_batch(kMost, report), make_batch(0, report)});
  const auto rows = executions();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].use->peak_rss.count, kMost);
  EXPECT_EQ(rows[0].use->read_calls, kMost);
  EXPECT_EQ(rows[0].pid, ~0U);
  EXPECT_TRUE(append({make_batch(kMost)})[0].repeated);
}

TEST_F(SqliteHistoryStoreTest, losses_are_counted_per_minute_and_hop) {
  Report report = make_report(30);
  report.losses = {{Hop::kernel_exec, 2}, {Hop::spool, 5}};
  append_report(report);
  append_report(report);
  Report later = make_report(90);
  later.losses = {{Hop::spool, 1}};
  append_report(later);
  EXPECT_EQ(count("loss"), 3);
  EXPECT_EQ(text("SELECT group_concat(hop || '=' || count) FROM (SELECT * FROM loss ORDER BY "
                 "minute_ms, hop)"),
            "kernel_exec=4,spool=10,spool=1");
  EXPECT_EQ(reader_->hosts().value()[0].losses, 15U);
}

TEST_F(SqliteHistoryStoreTest, outcomes_are_kept_once) {
  Report report = make_report();
  report.outcomes.push_back({.command_id = 5,
                             .decision_id = 6,
                             .status = ActionStatus::refused,
                             .refusal = Refusal::below_floor,
                             .detail = "no",
                             .target = {"/work.slice", 42},
                             .knob = Knob::cpu_max,
                             .before = 100,
                             .requested = 50,
                             .after = std::nullopt,
                             .time = wall(9)});
  append_report(report);
  append_report(report);
  EXPECT_EQ(count("action_outcome"), 1);
  EXPECT_EQ(text("SELECT refusal FROM action_outcome"), "below_floor");
}

TEST_F(SqliteHistoryStoreTest, names_commands_by_the_rules_of_the_moment) {
  Snapshot<SignatureRules> rules;
  open({.signature_rules = &rules});
  append_report(with_execution(make_execution(1, 1, {"alpha", "--site=north"})));
  rules.publish(SignatureRules({{"", "*=north", "north"}}));
  append_report(with_execution(make_execution(2, 2, {"alpha", "--site=north"})));
  append_report(with_execution(make_execution(3, 3, {"alpha", "--site=south"})));
  EXPECT_EQ(executions({.signature = "north"}).size(), 1U);
  EXPECT_EQ(executions({.text = "alpha"}).size(), 3U);
}

TEST_F(SqliteHistoryStoreTest, a_full_dictionary_counts_new_signatures_under_other) {
  open({.max_signatures = 2});
  Report report = make_report();
  const std::vector<std::string> words = {"alpha", "beta", "gamma", "delta", "alpha"};
  for (std::uint32_t i = 0; i < words.size(); ++i) {
    report.executions.push_back(make_execution(i + 1, 1 + i, {words[i]}));
  }
  append_report(report);
  EXPECT_EQ(executions({.signature = "<other>"}).size(), 2U);
  EXPECT_EQ(executions({.signature = "alpha"}).size(), 2U);
  EXPECT_EQ(executions({.text = "gamma"}).size(), 1U);  // still to be found by its words
  EXPECT_EQ(store_->stats()->signatures, 2U);
  EXPECT_EQ(reader_->signature_use()->last_left_out, wall(4));
  open({.max_signatures = 2});
  append_report(with_execution(make_execution(9, 9, {"epsilon"})));
  EXPECT_EQ(executions({.signature = "<other>"}).size(), 3U);
}

TEST_F(SqliteHistoryStoreTest, a_failed_append_writes_nothing_and_can_be_tried_again) {
  {
    const auto other = Database::open(path_, OpenMode::read_write).value();
    ASSERT_TRUE(other.execute(
        "CREATE TRIGGER disk_full BEFORE INSERT ON loss BEGIN SELECT RAISE(ABORT, 'full'); END"));
  }
  Report report = with_execution(make_execution(100, 5, {"new"}));
  report.samples.workloads.push_back(make_sample(9, std::chrono::seconds(1), 1000));
  report.losses = {{Hop::spool, 1}};
  EXPECT_FALSE(store_->append(std::vector{make_batch(1), make_batch(2, report)}));
  for (const char* table :
       {"host", "boot", "delivery", "workload", "sample", "execution", "loss"}) {
    EXPECT_EQ(count(table), 0) << table;
  }
  {
    const auto other = Database::open(path_, OpenMode::read_write).value();
    ASSERT_TRUE(other.execute("DROP TRIGGER disk_full"));
  }
  for (const auto& batch : append({make_batch(1), make_batch(2, report)}))
    EXPECT_FALSE(batch.repeated);
  EXPECT_EQ(executions({.signature = "new"}).size(), 1U);
  EXPECT_EQ(store_->stats()->samples, 1U);
}

TEST_F(SqliteHistoryStoreTest, prune_removes_what_is_older_and_what_only_that_used) {
  Report old = with_execution(make_execution(100, 5, {"old"}), 10);
  old.executions.back().cgroup = "/old.slice";
  old.samples.workloads.push_back(make_sample(9, std::chrono::seconds(1), 1000));
  old.losses = {{Hop::spool, 1}};
  append_report(old);
  Report young = with_execution(make_execution(101, 4000, {"young"}), 4001);
  young.samples.workloads.push_back(make_sample(4000, std::chrono::seconds(9), 2000));
  append_report(young);
  EXPECT_TRUE(store_->prune(wall(3000), {1 << 30}).value());
  ASSERT_EQ(executions().size(), 1U);
  EXPECT_EQ(executions()[0].signature, "young");
  EXPECT_EQ(count("sample"), 1);
  EXPECT_EQ(count("loss"), 0);
  EXPECT_EQ(count("signature WHERE text = 'old'"), 0);
  EXPECT_EQ(count("workload WHERE cgroup = '/old.slice'"), 0);
  EXPECT_EQ(count("workload WHERE cgroup = '/work.slice'"), 1);
  EXPECT_EQ(store_->stats()->executions, 1U);
  EXPECT_EQ(store_->stats()->samples, 1U);
  // What it removed is made anew when it comes again.
  append_report(with_execution(make_execution(102, 4001, {"old"}), 4002));
  EXPECT_EQ(executions({.signature = "old"}).size(), 1U);
}

TEST_F(SqliteHistoryStoreTest, prune_does_bounded_work_in_each_call) {
  open({.retention_step = {.max_executions = 10, .max_samples = 10}});
  Report report = make_report();
  for (std::uint32_t i = 0; i < 25; ++i) {
    report.executions.push_back(make_execution(i + 1, 1 + i, {"a"}));
    report.samples.workloads.push_back(make_sample(i, std::chrono::seconds(i), 1));
  }
  append_report(report);
  EXPECT_FALSE(store_->prune(wall(100), {1 << 30}).value());
  EXPECT_EQ(store_->stats()->executions, 15U);
  EXPECT_EQ(store_->stats()->samples, 15U);
  EXPECT_FALSE(store_->prune(wall(100), {1 << 30}).value());
  EXPECT_TRUE(store_->prune(wall(100), {1 << 30}).value());
  EXPECT_EQ(count("execution"), 0);
  EXPECT_EQ(count("sample"), 0);
}

TEST_F(SqliteHistoryStoreTest, prune_keeps_the_file_within_its_cap_by_removing_the_oldest) {
  constexpr std::uint64_t kCap = 1 << 20;
  std::uint32_t pid = 0;
  for (int minute = 0; minute < 60; ++minute) {
    Report report = make_report(minute * 60 + 1);
    for (int i = 0; i < 100; ++i) {
      report.executions.push_back(
          make_execution(++pid, minute * 60 + i * 0.5, {"work", std::string(200, 'x')}));
    }
    append_report(report);
    for (int call = 0; call < 1000 && !store_->prune(wall(0), {kCap}).value(); ++call) {
    }
  }
  EXPECT_LE(
      store_->stats()->bytes,
      kCap + (1 << 20) + Database::open(path_, OpenMode::read_only)->wal_bytes() + (16 << 20));
  const auto rows = executions({.limit = 10'000});
  EXPECT_GT(rows.size(), 500U);
  EXPECT_LT(rows.size(), 6000U);
  EXPECT_EQ(rows.front().pid, pid);  // the newest is there
  EXPECT_LE(Database::open(path_, OpenMode::read_only)->used_bytes().value(), kCap);
}

TEST_F(SqliteHistoryStoreTest, where_the_disk_is_nearly_full_the_oldest_makes_room_for_the_newest) {
  constexpr std::uint64_t kMoreThanThereIs = std::uint64_t{1} << 60;
  std::uint32_t pid = 0;
  const auto work = [&](int minute) {
    Report report = make_report(minute * 60 + 1);
    for (int i = 0; i < 300; ++i) {
      report.executions.push_back(make_execution(
          ++pid, minute * 60 + i * 0.1, {"work", std::to_string(pid), std::string(4000, 'x')}));
    }
    append_report(report);
  };
  const auto prune = [&](std::uint64_t min_free) {
    for (int call = 0; call < 1000; ++call) {
      if (store_->prune(wall(0), {.max_bytes = 1 << 30, .min_free_bytes = min_free}).value()) break;
    }
    return Database::open(path_, OpenMode::read_only)->used_bytes().value();
  };
  int minute = 0;
  std::uint64_t used = 0;
  while (used < 18 << 20) {
    ASSERT_LT(minute, 200);
    work(++minute);
    used = prune(0);
  }
  for (int i = 0; i < 5; ++i) {
    work(++minute);
    EXPECT_LE(prune(kMoreThanThereIs), used + (2 << 20));
  }
  EXPECT_EQ(executions({.limit = 1}).front().pid, pid) << "the newest is there";
  work(++minute);
  work(++minute);
  EXPECT_GT(prune(0), used + (2 << 20)) << "with room again it grows";
}

TEST_F(SqliteHistoryStoreTest, one_record_of_the_future_does_not_empty_a_full_file) {
  std::uint32_t pid = 0;
  Report report = make_report();
  for (int i = 0; i < 3000; ++i) {
    report.executions.push_back(make_execution(++pid, i, {"work", std::string(200, 'x')}));
  }
  report.executions.push_back(make_execution(++pid, 1e9, {"future"}));
  report.executions.push_back(make_execution(++pid, -1e9, {"past"}));
  append_report(report);
  const auto full = Database::open(path_, OpenMode::read_only)->used_bytes().value();
  for (int call = 0; call < 1000 && !store_->prune(wall(-2e9), {full * 3 / 4}).value(); ++call) {
  }
  EXPECT_GT(executions({.limit = 10'000}).size(), 1500U);
  EXPECT_TRUE(executions({.signature = "past"}).empty());
}

TEST_F(SqliteHistoryStoreTest, a_damaged_file_is_refused_by_name) {
  reader_.reset();
  store_.reset();  // the last to close leaves no log behind
  std::filesystem::resize_file(path_, 5000);
  const auto store = SqliteHistoryStore::open(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ErrorCode::corrupt);
  EXPECT_NE(store.error().message().find(path_), std::string::npos);
}

TEST_F(SqliteHistoryStoreTest, executables_of_an_older_history_are_kept) {
  const auto older = path_ + ".older";
  constexpr std::size_t kVersion = 7;
  {
    const auto database = Database::open(older, OpenMode::read_write).value();
    ASSERT_TRUE(migrate(database, embedded::history_migrations().first(kVersion)));
    ASSERT_TRUE(database.execute(
        "INSERT INTO signature (text, base_name, last_seen_ms) VALUES ('dump', 'pg_dump', 0)"));
  }
  ASSERT_TRUE(SqliteHistoryStore::open(older));
  const auto database = Database::open(older, OpenMode::read_only).value();
  auto found = database
                   .prepare(
                       "SELECT s.text || ' ' || e.base_name FROM signature s JOIN "
                       "signature_executable e ON e.signature_id = s.id")
                   .value();
  ASSERT_TRUE(found.step().value());
  EXPECT_EQ(found.text(0), "dump pg_dump");
  EXPECT_FALSE(found.step().value());
}

TEST_F(SqliteHistoryStoreTest, a_file_of_a_newer_version_is_refused) {
  store_.reset();
  ASSERT_TRUE(Database::open(path_, OpenMode::read_write)->execute("PRAGMA user_version = 99"));
  EXPECT_EQ(SqliteHistoryStore::open(path_).error().code(), ErrorCode::unsupported);
  EXPECT_EQ(SqliteHistoryReader::open(path_).error().code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace foreshock::coordinator::test

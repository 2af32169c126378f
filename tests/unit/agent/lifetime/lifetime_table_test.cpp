#include "agent/lifetime/lifetime_table.h"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;

BootTime at(int ms) {
  return BootTime(milliseconds(ms));
}

ExecEvent exec(std::uint32_t pid, int start_ms, int time_ms, const std::string& word) {
  ExecEvent event;
  event.time = at(time_ms);
  event.facts.process = {pid, at(start_ms)};
  event.facts.comm = word;
  event.filename = "/bin/" + word;
  event.argv = make_argv({word});
  return event;
}

ExecEvent existing(std::uint32_t pid, int start_ms, const std::string& word) {
  auto event = exec(pid, start_ms, start_ms, word);
  event.existing = true;
  return event;
}

ExitEvent exit_of(std::uint32_t pid, int start_ms, int time_ms, int cpu_ms = 7) {
  ExitEvent event;
  event.time = at(time_ms);
  event.facts.process = {pid, at(start_ms)};
  event.facts.comm = "worker";
  event.wait_status = 256;
  event.use.cpu = milliseconds(cpu_ms);
  return event;
}

TEST(LifetimeTable, names_the_ancestors_that_are_known) {
  LifetimeTable table(20);
  table.on_exec(existing(1, 10, "systemd"), "/");
  auto child = [](std::uint32_t pid, std::uint32_t parent, int parent_start, const char* word) {
    auto event = exec(pid, 1000 + static_cast<int>(pid) * 10, 2000, word);
    event.facts.parent = {parent, at(parent_start)};
    return event;
  };
  table.on_exec(child(2, 1, 10, "sshd"), "/");
  table.on_exec(child(3, 2, 1020, "bash"), "/");
  static_cast<void>(table.take_finished_and_started());
  table.on_exec(child(4, 3, 1030, "make"), "/");
  EXPECT_EQ(table.take_finished_and_started().at(0).ancestry,
            std::string("bash\0sshd\0systemd\0", 18));
  table.on_exec(child(5, 3, 5000, "ls"), "/");
  EXPECT_EQ(table.take_finished_and_started().at(0).ancestry, "") << "that is another process";
  auto fork = exit_of(6, 3000, 3010);
  fork.facts.parent = {2, at(1020)};
  table.on_exit(fork, "/");
  EXPECT_EQ(table.take_finished_and_started().at(0).ancestry, std::string("sshd\0systemd\0", 13));
}

TEST(LifetimeTable, names_what_a_parent_descends_from_after_that_has_ended) {
  LifetimeTable table(20);
  table.on_exec(existing(1, 10, "systemd"), "/");
  auto session = exec(2, 1020, 2000, "sshd");
  session.facts.parent = {1, at(10)};
  table.on_exec(session, "/");
  auto shell = exec(3, 1030, 2000, "bash");
  shell.facts.parent = {2, at(1020)};
  table.on_exec(shell, "/");
  table.on_exit(exit_of(2, 1020, 3000), "/");
  static_cast<void>(table.take_finished_and_started());
  auto child = exec(4, 4000, 4000, "make");
  child.facts.parent = {3, at(1030)};
  table.on_exec(child, "/");
  EXPECT_EQ(table.take_finished_and_started().at(0).ancestry,
            std::string("bash\0sshd\0systemd\0", 18));
}

TEST(LifetimeTable, looks_up_ancestors_that_never_called_exec_once) {
  int looks = 0;
  LifetimeTable table(20, [&looks](std::uint32_t pid) -> std::optional<ProcessFacts> {
    ++looks;
    if (pid != 2) return std::nullopt;
    ProcessFacts subshell;
    subshell.process = {2, at(1500)};
    subshell.parent = {1, at(10)};
    subshell.comm = "bash";
    return subshell;
  });
  table.on_exec(existing(1, 10, "sshd"), "/");
  static_cast<void>(table.take_finished_and_started());
  for (std::uint32_t pid = 3; pid < 6; ++pid) {
    auto event = exec(pid, 2000, 2000, "ls");
    event.facts.parent = {2, at(1500)};
    EXPECT_TRUE(table.descends_from(event.facts, 1));
    EXPECT_FALSE(table.descends_from(event.facts, 9));
    table.on_exec(event, "/");
  }
  for (const auto& execution : table.take_finished_and_started())
    EXPECT_EQ(execution.ancestry, std::string("bash\0sshd\0", 10));
  EXPECT_EQ(looks, 1);
}

TEST(LifetimeTable, looks_once_for_an_ancestor_that_has_ended) {
  int looks = 0;
  LifetimeTable table(20, [&looks](std::uint32_t) -> std::optional<ProcessFacts> {
    ++looks;
    return std::nullopt;
  });
  for (std::uint32_t pid = 3; pid < 6; ++pid) {
    auto event = exec(pid, 2000, 2000, "ls");
    event.facts.parent = {2, at(1500)};
    table.on_exec(event, "/");
  }
  EXPECT_EQ(looks, 1);
  auto later = exec(7, 9000, 9000, "ls");
  later.facts.parent = {2, at(8000)};  // another process of that id
  table.on_exec(later, "/");
  EXPECT_EQ(looks, 2);
}

TEST(LifetimeTable, names_at_most_eight_ancestors) {
  LifetimeTable table(100);
  for (std::uint32_t pid = 1; pid < 30; ++pid) {
    auto event = exec(pid, 1000 + static_cast<int>(pid) * 10, 2000, "x");
    if (pid > 1) event.facts.parent = {pid - 1, at(990 + static_cast<int>(pid) * 10)};
    table.on_exec(event, "/");
  }
  EXPECT_EQ(table.take_finished_and_started().back().ancestry.size(),
            2 * LifetimeTable::kMaxAncestors);
}

TEST(LifetimeTable, nothing_of_an_earlier_execution_is_told_with_a_later_one) {
  const auto tell_only = [](LifetimeTable& table) {
    std::vector<Execution> told;
    table.tell_finished([&told](const Execution& execution) { told.push_back(execution); });
    EXPECT_EQ(told.size(), 1U);
    return told.at(0);
  };
  const auto plain = [](LifetimeTable& table, std::uint32_t pid) {
    table.on_exec(exec(pid, 3000, 3001, "ls"), "/b");
    table.on_exit(exit_of(pid, 3000, 3050), "/b");
  };
  LifetimeTable fresh(10);

  LifetimeTable used(10);
  auto first = exec(1, 1000, 1001, "make");
  first.facts.parent = {7, at(500)};
  first.facts.identity = {.uid = 1, .gid = 2, .login_uid = 3, .session_id = 4};
  first.facts.cgroup_id = 5;
  first.argv = {.words = std::string(100, 'x') + '\0', .true_bytes = 500, .redacted = true};
  first.inputs = InputFiles{.count = 1, .total = Bytes{2}, .largest = Bytes{3}};
  first.cwd = "/srv/of/the/first";
  first.tty = "pts/3";
  first.existing = true;
  used.on_exec(existing(7, 500, "parent"), "/a");
  used.on_exec(first, "/a/longer/path/than/the/other");
  auto again = first;
  again.time = at(1002);
  again.existing = false;
  again.argv = make_argv({"other"});
  used.on_exec(again, "/a");
  auto last = exit_of(1, 1000, 1050);
  last.use_known = false;
  last.connections = 9;
  used.on_exit(last, "/a");
  used.on_exit(exit_of(7, 500, 2000), "/a");
  int told = 0;
  used.tell_finished([&told](Execution& execution) {
    execution.binary = 77;
    execution.so_far = UseSoFar{};
    ++told;
  });
  EXPECT_EQ(told, 3);
  // As often as something waits to be used again, in one way and in the other.
  for (std::uint32_t pid = 2; pid < 5; ++pid) {
    plain(used, pid);
    plain(fresh, pid);
    EXPECT_EQ(tell_only(used), tell_only(fresh));
  }
  for (std::uint32_t pid = 5; pid < 8; ++pid) {
    used.on_exit(exit_of(pid, 4000, 4050), "/b");
    fresh.on_exit(exit_of(pid, 4000, 4050), "/b");
    EXPECT_EQ(tell_only(used), tell_only(fresh));
  }
}

TEST(LifetimeTable, joins_exec_and_exit_of_one_period_into_one_record) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "make"), "/a");
  table.on_exit(exit_of(1, 1000, 1050), "/a");
  EXPECT_EQ(table.pending(), 1U);
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].argv, make_argv({"make"}));
  EXPECT_EQ(taken[0].filename, "/bin/make");
  EXPECT_EQ(taken[0].exec_time, at(1001));
  EXPECT_EQ(taken[0].cgroup, "/a");
  EXPECT_TRUE(taken[0].exec_seen);
  ASSERT_TRUE(taken[0].end);
  EXPECT_EQ(taken[0].end->time, at(1050));
  EXPECT_EQ(taken[0].end->wait_status, 256U);
  EXPECT_EQ(taken[0].end->use.cpu, milliseconds(7));
  EXPECT_EQ(table.alive(), 0U);
  EXPECT_EQ(table.pending(), 0U);
}

TEST(LifetimeTable, reports_a_running_process_once_and_then_whole_under_the_same_key) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "make"), "/a");
  const auto first = table.take_finished_and_started();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_FALSE(first[0].end);
  EXPECT_TRUE(table.take_finished_and_started().empty());
  table.on_exit(exit_of(1, 1000, 9000), "/a");
  const auto second = table.take_finished_and_started();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_TRUE(second[0].end);
  EXPECT_EQ(second[0].facts.process, first[0].facts.process);
  EXPECT_EQ(second[0].exec_time, first[0].exec_time);
}

TEST(LifetimeTable, gives_each_exec_of_a_process_a_record_and_the_last_one_the_end) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "env"), "/a");
  table.on_exec(exec(1, 1000, 1002, "nice"), "/a");
  table.on_exec(exec(1, 1000, 1003, "make"), "/a");
  table.on_exit(exit_of(1, 1000, 1050), "/a");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].argv, make_argv({"env"}));
  EXPECT_FALSE(taken[0].end);
  EXPECT_EQ(taken[1].argv, make_argv({"nice"}));
  EXPECT_EQ(taken[1].earlier_execs, 1U);
  EXPECT_FALSE(taken[1].end);
  EXPECT_EQ(taken[2].argv, make_argv({"make"}));
  EXPECT_EQ(taken[2].earlier_execs, 2U);
  EXPECT_TRUE(taken[2].end);
}

TEST(LifetimeTable, does_not_report_an_earlier_image_again) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "sh"), "/a");
  EXPECT_EQ(table.take_finished_and_started().size(), 1U);
  table.on_exec(exec(1, 1000, 5000, "make"), "/a");
  EXPECT_EQ(table.pending(), 1U);
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].argv, make_argv({"make"}));
  EXPECT_EQ(table.alive(), 1U);
}

TEST(LifetimeTable, reports_a_fork_that_never_called_execve) {
  LifetimeTable table(10);
  table.on_exit(exit_of(1, 1000, 1050), "/a");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_FALSE(taken[0].exec_seen);
  EXPECT_EQ(taken[0].exec_time, at(1000));
  EXPECT_EQ(taken[0].facts.comm, "worker");
  EXPECT_EQ(taken[0].cgroup, "/a");
  EXPECT_TRUE(taken[0].argv.words.empty());
  EXPECT_TRUE(taken[0].end);
}

TEST(LifetimeTable, ignores_events_told_twice) {
  LifetimeTable table(10);
  for (int round = 0; round < 2; ++round) table.on_exec(exec(1, 1000, 1001, "make"), "/a");
  for (int round = 0; round < 2; ++round) table.on_exit(exit_of(1, 1000, 1050), "/a");
  table.on_exec(exec(1, 1000, 1001, "make"), "/a");
  EXPECT_EQ(table.pending(), 1U);
  EXPECT_EQ(table.alive(), 0U);
}

TEST(LifetimeTable, ignores_an_existing_process_that_it_saw_exec_or_end) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1004, 1008, "make"), "/a");
  table.on_exec(existing(1, 1000, "make"), "/a");  // the same start, rounded down by /proc
  table.on_exit(exit_of(2, 1004, 1050), "/a");
  table.on_exec(existing(2, 1000, "sleep"), "/a");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].facts.process.pid, 2U);
  EXPECT_EQ(taken[1].facts.process.pid, 1U);
  EXPECT_FALSE(taken[1].existing);
  EXPECT_EQ(table.alive(), 1U);
}

TEST(LifetimeTable, joins_an_existing_process_with_its_exit_though_proc_rounds_its_start) {
  LifetimeTable table(10);
  table.on_exec(existing(1, 1000, "postgres"), "/a");
  const auto first = table.take_finished_and_started();
  table.on_exit(exit_of(1, 1009, 9000), "/a");
  const auto second = table.take_finished_and_started();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_TRUE(second[0].existing);
  EXPECT_EQ(second[0].argv, make_argv({"postgres"}));
  EXPECT_EQ(second[0].facts.process, first.at(0).facts.process);
  EXPECT_TRUE(second[0].end);
}

TEST(LifetimeTable, takes_proc_and_the_event_of_one_image_for_one_exec) {
  LifetimeTable table(10);
  table.on_exec(existing(1, 1000, "make"), "/a");
  table.on_exec(exec(1, 1004, 1005, "make"), "/a");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_FALSE(taken[0].existing);
  EXPECT_EQ(taken[0].exec_time, at(1005));
  EXPECT_EQ(taken[0].earlier_execs, 0U);
}

TEST(LifetimeTable, closes_a_process_whose_exit_was_lost_when_its_pid_comes_again) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "old"), "/a");
  table.on_exec(exec(1, 5000, 5001, "new"), "/b");
  table.on_exec(exec(2, 1000, 1001, "old"), "/a");
  table.on_exit(exit_of(2, 5000, 5050), "/b");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 4U);
  EXPECT_EQ(taken[0].argv, make_argv({"old"}));
  EXPECT_FALSE(taken[0].end);
  EXPECT_EQ(taken[1].argv, make_argv({"old"}));
  EXPECT_FALSE(taken[1].end);
  EXPECT_FALSE(taken[2].exec_seen);
  EXPECT_TRUE(taken[2].end);
  EXPECT_EQ(taken[3].argv, make_argv({"new"}));
  EXPECT_EQ(table.alive(), 1U);
}

TEST(LifetimeTable, keeps_the_owner_of_a_pid_when_an_older_one_is_told_late) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 5000, 5001, "new"), "/a");
  table.on_exit(exit_of(1, 1000, 4000), "/a");
  table.on_exec(exec(1, 2000, 2001, "between"), "/a");
  EXPECT_EQ(table.alive(), 1U);
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_FALSE(taken[0].exec_seen);
  EXPECT_EQ(taken[1].argv, make_argv({"between"}));
  EXPECT_EQ(taken[2].argv, make_argv({"new"}));
}

TEST(LifetimeTable, gives_up_the_oldest_exec_beyond_its_capacity_and_counts_it) {
  LifetimeTable table(2);
  table.on_exec(exec(1, 1000, 1000, "a"), "/");
  EXPECT_EQ(table.take_finished_and_started().size(), 1U);
  table.on_exec(exec(2, 2000, 2000, "b"), "/");
  table.on_exec(exec(1, 1000, 2500, "a2"), "/");  // now the youngest exec
  table.on_exec(exec(3, 3000, 3000, "c"), "/");   // gives up 2, not yet reported
  EXPECT_EQ(table.evicted(), 1U);
  EXPECT_EQ(table.alive(), 2U);
  auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].argv, make_argv({"b"}));
  EXPECT_FALSE(taken[0].end);
  table.on_exec(exec(4, 4000, 4000, "d"), "/");  // gives up 1, reported already
  EXPECT_EQ(table.evicted(), 2U);
  EXPECT_EQ(table.pending(), 1U);
  table.on_exit(exit_of(2, 2000, 5000), "/");
  taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_FALSE(taken[0].exec_seen);
}

TEST(LifetimeTable, takes_the_cgroup_of_the_exit_when_the_one_of_the_exec_is_unknown) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "make"), "");
  auto event = exit_of(1, 1000, 1050);
  event.facts.cgroup_id = 42;
  table.on_exit(std::move(event), "/late");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].cgroup, "/late");
  EXPECT_EQ(taken[0].facts.cgroup_id, 42U);
}

TEST(LifetimeTable, loses_nothing_over_many_processes_and_periods) {
  LifetimeTable table(1000);
  std::size_t starts = 0;
  std::size_t ends = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto pid = static_cast<std::uint32_t>(100 + i % 30'000);
    table.on_exec(exec(pid, i * 100, i * 100 + 1, "x"), "/");
    if (i >= 500) table.on_exit(exit_of(pid - 500, (i - 500) * 100, i * 100 + 2), "/");
    if (i % 97 != 0) continue;
    const auto expected = table.pending();
    const auto taken = table.take_finished_and_started();
    EXPECT_EQ(taken.size(), expected);
    for (const auto& execution : taken) ++(execution.end ? ends : starts);
  }
  for (const auto& execution : table.take_finished_and_started()) ++(execution.end ? ends : starts);
  EXPECT_EQ(ends, 19'500U);
  EXPECT_EQ(starts, 20'000U);  // each outlives its period
  EXPECT_EQ(table.alive(), 500U);
  EXPECT_EQ(table.evicted(), 0U);
}

ProcessUse look_at(std::uint32_t pid, int start_ms, const std::string& comm, int cpu_ms) {
  ProcessUse process;
  process.facts.process = {pid, at(start_ms)};
  process.facts.comm = comm;
  process.use.cpu = milliseconds(cpu_ms);
  return process;
}

TEST(LifetimeTable, gives_a_fork_the_command_it_was_forked_from) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "worker"), "/a");
  static_cast<void>(table.take_finished_and_started());
  auto end = exit_of(2, 2000, 2050);
  end.forked_from = ProcessKey{1, at(1000)};
  end.facts.parent = {3, at(1500)};  // another fork of the same program
  table.on_exit(std::move(end), "/a");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_FALSE(taken[0].exec_seen);
  EXPECT_EQ(taken[0].argv, make_argv({"worker"}));
  EXPECT_EQ(taken[0].filename, "/bin/worker");
}

TEST(LifetimeTable, does_not_give_an_orphan_the_command_of_who_took_it_in) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "init"), "/");
  static_cast<void>(table.take_finished_and_started());
  auto end = exit_of(2, 2000, 2050);
  end.forked_from = ProcessKey{1, at(1000)};
  table.on_exit(std::move(end), "/a");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(taken[0].argv.words.empty());
}

TEST(LifetimeTable, tells_a_long_process_each_minute_as_long_as_it_uses_anything) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "server"), "/a");
  table.on_exec(exec(2, 1000, 1001, "sleeper"), "/a");
  static_cast<void>(table.take_finished_and_started());
  std::vector<int> told_at;
  for (int second = 2; second <= 130; ++second) {
    table.on_use(look_at(1, 1000, "server", second), at(second * 1000), "/a");
    table.on_use(look_at(2, 1000, "sleeper", 5), at(second * 1000), "/a");
    for (const auto& execution : table.take_finished_and_started()) {
      ASSERT_TRUE(execution.so_far);
      EXPECT_FALSE(execution.end);
      EXPECT_EQ(execution.argv, make_argv({"server"}));
      EXPECT_EQ(execution.so_far->use.cpu, milliseconds(second));
      told_at.push_back(second);
    }
  }
  EXPECT_EQ(told_at, (std::vector<int>{62, 122}));
  table.on_exit(exit_of(1, 1000, 140'000), "/a");
  const auto last = table.take_finished_and_started();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_FALSE(last[0].so_far);
  EXPECT_TRUE(last[0].end);
}

TEST(LifetimeTable, a_fork_that_was_looked_at_becomes_the_command_it_executes) {
  LifetimeTable table(10);
  table.on_exec(exec(1, 1000, 1001, "sh"), "/a");
  static_cast<void>(table.take_finished_and_started());
  auto fork = look_at(2, 2000, "sh", 1);
  fork.facts.parent = {1, at(1000)};
  const auto running = table.on_use(fork, at(3000), "/a");
  ASSERT_NE(running.execution, nullptr);
  EXPECT_EQ(running.execution->argv, make_argv({"sh"}));
  EXPECT_FALSE(running.execution->exec_seen);
  EXPECT_EQ(*running.mark, 0U);
  *running.mark = 7;
  EXPECT_EQ(*table.on_use(fork, at(4000), "/a").mark, 7U);
  EXPECT_TRUE(table.take_finished_and_started().empty()) << "most forks call execve at once";
  table.on_exec(exec(2, 2000, 4500, "make"), "/a");
  const auto taken = table.take_finished_and_started();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(taken[0].exec_seen);
  EXPECT_EQ(taken[0].earlier_execs, 0U);
  EXPECT_EQ(*table.on_use(fork, at(5000), "/a").mark, 0U);
}

TEST(LifetimeTable, ignores_a_look_at_what_has_ended) {
  LifetimeTable table(10);
  table.on_exit(exit_of(1, 1000, 2000), "/a");
  static_cast<void>(table.take_finished_and_started());
  EXPECT_EQ(table.on_use(look_at(1, 1000, "x", 1), at(3000), "/a").execution, nullptr);
  EXPECT_EQ(table.alive(), 0U);
}

class WithholdingTable : public testing::Test {
 protected:
  /// Everything of cgroup 66 is withheld.
  WithholdingTable()
      : table_(10, {}, std::chrono::minutes(1),
               [](std::uint64_t cgroup_id, BootTime) { return cgroup_id == 66; }) {}

  static ExecEvent in_storm(ExecEvent event) {
    event.facts.cgroup_id = 66;
    return event;
  }

  std::vector<Execution> take_withheld() {
    std::vector<Execution> withheld;
    table_.tell_withheld([&withheld](const Execution& told) { withheld.push_back(told); });
    return withheld;
  }

  LifetimeTable table_;
};

TEST_F(WithholdingTable, tells_each_execution_in_one_place) {
  table_.on_exec(in_storm(exec(1, 1000, 1001, "cc")), "/build");
  table_.on_exec(exec(2, 1000, 1001, "sshd"), "/ssh");
  EXPECT_TRUE(take_withheld().empty()) << "it has not ended";
  EXPECT_EQ(table_.take_finished_and_started().size(), 1U);
  table_.on_exit(exit_of(1, 1000, 1050, 9), "/build");
  auto fork = exit_of(3, 1000, 1050);
  fork.facts.cgroup_id = 66;
  table_.on_exit(std::move(fork), "/build");
  EXPECT_TRUE(table_.take_finished_and_started().empty());
  const auto withheld = take_withheld();
  ASSERT_EQ(withheld.size(), 2U);
  EXPECT_EQ(withheld[0].argv, make_argv({"cc"}));
  EXPECT_EQ(withheld[0].end.value().use.cpu, milliseconds(9));
  EXPECT_FALSE(withheld[1].exec_seen);
  EXPECT_TRUE(take_withheld().empty());
}

TEST_F(WithholdingTable, keeps_images_that_were_superseded_or_given_up) {
  table_.on_exec(in_storm(exec(1, 1000, 1001, "sh")), "/build");
  table_.on_exec(in_storm(exec(1, 1000, 1002, "cc")), "/build");
  EXPECT_EQ(take_withheld().size(), 1U);
  for (std::uint32_t pid = 2; pid < 20; ++pid)
    table_.on_exec(in_storm(exec(pid, 2000, 2001, "cc")), "/build");
  EXPECT_EQ(take_withheld().size(), 9U);
  EXPECT_TRUE(table_.take_finished_and_started().empty());
}

TEST_F(WithholdingTable, tells_one_that_lasts_with_its_interim_use) {
  table_.on_exec(in_storm(exec(1, 1000, 1001, "server")), "/build");
  const auto use_at = [](int ms) {
    ProcessUse use;
    use.facts.process = {1, at(1000)};
    use.facts.cgroup_id = 66;
    use.use.cpu = milliseconds(ms);
    return use;
  };
  table_.on_use(use_at(1), at(2000), "/build");
  table_.on_use(use_at(5), at(62'000), "/build");
  const auto interim = table_.take_finished_and_started();
  ASSERT_EQ(interim.size(), 1U);
  EXPECT_TRUE(interim[0].so_far);
  table_.on_exit(exit_of(1, 1000, 70'000), "/build");
  EXPECT_TRUE(take_withheld().empty());
  EXPECT_EQ(table_.take_finished_and_started().size(), 1U) << "the same record, with its end";
}

}  // namespace
}  // namespace foreshock::agent

#include "agent/sample/command_sums.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;

Execution execution(const std::vector<std::string>& words) {
  Execution made;
  made.filename = "/usr/bin/" + words.at(0);
  made.argv = make_argv(words);
  return made;
}

ResourceUse cpu(int ms) {
  ResourceUse use;
  use.cpu = milliseconds(ms);
  return use;
}

ProcessUse resident(std::uint64_t bytes) {
  ProcessUse process;
  process.rss = Bytes{bytes};
  return process;
}

const std::string& path_of(std::uint64_t id) {
  static const std::string kA = "/a";
  static const std::string kB = "/b";
  return id == 1 ? kA : kB;
}

TEST(CommandSums, adds_up_by_workload_and_signature) {
  CommandSums sums(10);
  const auto five = sums.signature_of(execution({"sleep", "5"}));
  const auto six = sums.signature_of(execution({"sleep", "6"}));
  EXPECT_EQ(five, six);
  sums.add_running(1, five, resident(100), cpu(3));
  sums.add_running(1, six, resident(10), cpu(4));
  sums.add_ended(1, five, cpu(5), 256);
  sums.add_withheld(1, five);
  sums.add_running(2, five, resident(1), cpu(1));
  const auto taken = sums.take(path_of);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].cgroup, "/a");
  EXPECT_EQ(taken[0].signature, "sleep <n>");
  EXPECT_EQ(taken[0].running, 2u);
  EXPECT_EQ(taken[0].ended, 1u);
  EXPECT_EQ(taken[0].failed, 1u);
  EXPECT_EQ(taken[0].withheld, 1u);
  EXPECT_EQ(taken[0].cpu, milliseconds(12));
  EXPECT_EQ(taken[0].rss, Bytes{110});
  EXPECT_EQ(taken[1].cgroup, "/b");
  EXPECT_TRUE(sums.take(path_of).empty()) << "a new period begins";
}

TEST(CommandSums, names_commands_by_peoples_rules_from_the_next_period_on) {
  CommandSums sums(10);
  const auto before = sums.signature_of(execution({"sleep", "5"}));
  sums.add_running(1, before, resident(1), cpu(3));
  sums.set_rules(SignatureRules({{"sleep*", "", "rest"}}));
  EXPECT_EQ(sums.take(path_of).at(0).signature, "sleep <n>");
  EXPECT_FALSE(sums.is_current(before));
  sums.add_running(1, sums.signature_of(execution({"sleep", "5"})), resident(1), cpu(3));
  EXPECT_EQ(sums.take(path_of).at(0).signature, "rest");
}

TEST(CommandSums, tells_the_smallest_in_one_when_there_are_too_many) {
  CommandSums sums(2);
  for (int i = 1; i <= 5; ++i) {
    sums.add_ended(
        1, sums.signature_of(execution({"tool-" + std::string(1, static_cast<char>('a' + i))})),
        cpu(i), 0);
  }
  const auto taken = sums.take(path_of);
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].cpu, milliseconds(5));
  EXPECT_EQ(taken[1].cpu, milliseconds(4));
  EXPECT_EQ(taken[2].signature, "[other]");
  EXPECT_EQ(taken[2].ended, 3u);
  EXPECT_EQ(taken[2].cpu, milliseconds(6));
}

TEST(CommandSums, stays_bounded_and_right_when_signatures_are_made_up) {
  CommandSums sums(4);
  std::uint32_t first = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string name = "x";
    for (int rest = i; rest > 0; rest /= 26) name += static_cast<char>('a' + rest % 26);
    const auto signature = sums.signature_of(execution({name}));
    if (first == 0) first = signature;
    EXPECT_TRUE(sums.is_current(signature));
    sums.add_ended(1, signature, cpu(1), 0);
    if (i % 100 == 99) {
      std::uint32_t ended = 0;
      for (const auto& sum : sums.take(path_of)) ended += sum.ended;
      EXPECT_EQ(ended, 100u);
    }
  }
  EXPECT_FALSE(sums.is_current(first)) << "forgotten, and never to be mistaken for another";
}

TEST(CommandSums, names_what_has_no_command_line) {
  CommandSums sums(4);
  Execution fork;
  fork.facts.comm = "worker";
  sums.add_ended(1, sums.signature_of(fork), cpu(2), 0);
  sums.add_running(2, sums.signature_of_kernel_threads(), resident(0), cpu(1));
  const auto taken = sums.take(path_of);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].signature, "(worker)");
  EXPECT_EQ(taken[1].signature, "[kernel]");
}

TEST(CommandSums, a_sum_stops_at_the_most_there_is) {
  CommandSums sums(4);
  const auto signature = sums.signature_of(execution({"ls"}));
  ResourceUse most;
  most.cpu = Nanoseconds::max();
  most.read_bytes = Bytes{~std::uint64_t{0}};
  for (int i = 0; i < 2; ++i) sums.add_ended(1, signature, most, 0);
  const auto taken = sums.take(path_of);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].cpu, Nanoseconds::max());
  EXPECT_EQ(taken[0].read_bytes, most.read_bytes);
}

}  // namespace
}  // namespace foreshock::agent

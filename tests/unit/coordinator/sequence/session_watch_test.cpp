#include "coordinator/sequence/session_watch.h"

#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const WallTime kStart{std::chrono::hours(1000)};

class SessionWatchTest : public testing::Test {
 protected:
  void run(std::uint32_t uid, const char* signature, bool on_terminal = false) {
    now_ += seconds(1);
    watch_.on_command({1, uid, now_, signature, signature, on_terminal});
  }
  void run_routine(std::uint32_t uid, int times) {
    for (int i = 0; i < times; ++i) {
      for (const char* command : {"git pull", "make", "ctest"}) run(uid, command);
    }
  }

  WallTime now_ = kStart;
  SessionWatch watch_{{.contexts = 1 << 12, .commands = 1000, .streams = 100}, 3};
};

TEST_F(SessionWatchTest, tells_what_is_likely_next) {
  run_routine(1000, 20);
  run(1000, "git pull");
  const auto sessions = watch_.sessions(now_, 10);
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions[0].uid, 1000U);
  EXPECT_EQ(sessions[0].last_command, "git pull");
  EXPECT_EQ(sessions[0].commands, 61U);
  ASSERT_FALSE(sessions[0].next.empty());
  EXPECT_EQ(sessions[0].next[0].command, "make");
  EXPECT_EQ(sessions[0].kind, SessionKind::routine);
}

TEST_F(SessionWatchTest, knows_typed_work_by_the_terminal) {
  for (int i = 0; i < 30; ++i) run(1000, "ls", true);
  EXPECT_EQ(watch_.sessions(now_, 10)[0].kind, SessionKind::interactive);
}

TEST_F(SessionWatchTest, finds_a_burst_of_strange_commands_unusual) {
  run_routine(1000, 100);
  now_ += SessionWatch::kKnownAfter;
  run_routine(1000, 1);
  EXPECT_LT(watch_.sessions(now_, 10)[0].unusual, 1);
  for (const char* command : {"id", "uname -a", "cat /etc/passwd", "nc <host> <n>", "base64 -d"})
    run(1000, command);
  EXPECT_GT(watch_.sessions(now_, 10)[0].unusual, SessionWatch::kUnusual);
  const auto unusual = watch_.take_unusual();
  ASSERT_EQ(unusual.size(), 1U);
  EXPECT_EQ(unusual[0].uid, 1000U);
  EXPECT_EQ(unusual[0].detector, "surprise");
  EXPECT_GE(unusual[0].score, 1);
  EXPECT_NE(unusual[0].command, "make");
  EXPECT_FALSE(unusual[0].command.empty());
  EXPECT_TRUE(watch_.take_unusual().empty());
}

TEST_F(SessionWatchTest, notices_that_somebody_else_types) {
  const std::array ours = {"vim a.c", "make", "ctest", "git diff"};
  const std::array theirs = {"id", "find / -perm <n>", "nc -l <n>", "base64 -d"};
  std::mt19937 random(1);
  // Others, so that there are strangers to compare with.
  const auto type = [&](std::uint32_t uid, const auto& commands, int times) {
    for (int i = 0; i < times; ++i) run(uid, commands.at(random() % commands.size()), true);
  };
  type(1000, ours, 5200);
  type(1001, theirs, 5200);
  type(1000, ours, 1);  // once more: meanwhile the session was over
  const auto sessions = watch_.sessions(now_, 10);
  ASSERT_EQ(sessions.size(), 2U);
  ASSERT_EQ(sessions[0].uid, 1000U);
  ASSERT_TRUE(sessions[0].masquerade);
  EXPECT_LT(*sessions[0].masquerade, 0.7);
  watch_.take_unusual();
  type(1000, theirs, 200);
  const auto unusual = watch_.take_unusual();
  EXPECT_TRUE(std::ranges::any_of(unusual, [](const UnusualSession& one) {
    return one.uid == 1000 && one.detector == "masquerade";
  }));
}

TEST_F(SessionWatchTest, says_nothing_is_unusual_while_little_is_known) {
  for (const char* command : {"id", "uname -a", "cat /etc/passwd"}) run(1000, command);
  EXPECT_EQ(watch_.sessions(now_, 10)[0].unusual, 0);
}

TEST_F(SessionWatchTest, says_nothing_is_unusual_on_a_users_first_day) {
  run_routine(1000, 200);
  for (const char* command : {"id", "uname -a", "cat /etc/passwd", "nc <host> <n>", "base64 -d"})
    run(1000, command);
  EXPECT_EQ(watch_.sessions(now_, 10)[0].unusual, 0);
  EXPECT_TRUE(watch_.take_unusual().empty());
}

TEST_F(SessionWatchTest, shows_the_newest_sessions_and_leaves_out_those_that_are_over) {
  for (std::uint32_t uid = 1; uid <= 3; ++uid) run(uid, "ls");
  const auto newest = watch_.sessions(now_, 2);
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].uid, 3U);
  EXPECT_EQ(newest[1].uid, 2U);
  EXPECT_TRUE(watch_.sessions(now_ + minutes(31), 10).empty());
}

TEST_F(SessionWatchTest, forgets_the_oldest_where_there_are_too_many) {
  for (std::uint32_t uid = 1; uid <= 4; ++uid) run(uid, "ls");
  const auto sessions = watch_.sessions(now_, 10);
  ASSERT_EQ(sessions.size(), 3U);
  EXPECT_EQ(sessions.back().uid, 2U);
}

}  // namespace
}  // namespace foreshock::coordinator

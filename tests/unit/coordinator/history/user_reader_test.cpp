#include "coordinator/history/user_reader.h"

#include <chrono>
#include <fstream>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "common/text/display.h"
#include "tests/unit/coordinator/history/history_fixture.h"

namespace foreshock::coordinator::test {
namespace {

using namespace std::chrono_literals;

class UserReaderTest : public HistoryTest {
 protected:
  void SetUp() override {
    HistoryTest::SetUp();
    auto opened = UserReader::open(path_);
    ASSERT_TRUE(opened) << opened.error().message();
    users_ = *std::move(opened);
  }
  static UserQuery always() { return {wall(0), wall(1e9)}; }

  std::unique_ptr<UserReader> users_;
};

Execution by_user(Execution execution, std::uint32_t uid, std::optional<std::uint32_t> login) {
  execution.facts.identity.uid = uid;
  execution.facts.identity.login_uid = login;
  return execution;
}

TEST_F(UserReaderTest, sums_up_who_ran_what) {
  Report report = make_report(4000);
  report.executions = {make_ended(make_execution(1, 100, {"make", "all"}), 110),
                       make_ended(make_execution(2, 3800, {"make", "all"}), 3810),
                       by_user(make_execution(3, 3900, {"id"}), 0, 1000),  // sudo keeps its person
                       by_user(make_execution(4, 3950, {"cron"}), 0, std::nullopt)};
  append_report(report);
  const auto listed = users_->list(always());
  ASSERT_TRUE(listed) << listed.error().message();
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_EQ((*listed)[0].uid, 1000U);
  EXPECT_EQ((*listed)[0].commands, 3U);
  EXPECT_DOUBLE_EQ((*listed)[0].cpu_s, 4);

  const auto profile = users_->profile(1000, always());
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->summary.commands, 3U);
  EXPECT_EQ(profile->failed, 2U);
  EXPECT_EQ(profile->by_hour[0], 1U);
  EXPECT_EQ(profile->by_hour[1], 2U);
  EXPECT_EQ(profile->usual_hours().first, 0U);
  EXPECT_EQ(profile->usual_hours().count, 2U);
  ASSERT_EQ(profile->commands.size(), 2U);
  EXPECT_EQ(profile->commands[0].runs, 2U);
  EXPECT_DOUBLE_EQ(profile->commands[0].cpu_s, 4);
  ASSERT_EQ(profile->places.size(), 1U);
  EXPECT_EQ(profile->places[0].workload.cgroup, "/work.slice");
  EXPECT_EQ(users_->profile(7, always())->summary.commands, 0U);
}

TEST_F(UserReaderTest, usual_hours_go_around_midnight) {
  UserProfile profile;
  profile.by_hour[23] = 50;
  profile.by_hour[0] = 45;
  profile.by_hour[12] = 5;
  EXPECT_EQ(profile.usual_hours().first, 23U);
  EXPECT_EQ(profile.usual_hours().count, 2U);
}

/// "time,command,uid,…,cpu_s,peak_rss_bytes,duration_s,io_bytes"; the command may be in quotes.
struct Recorded {
  WallTime time;
  std::string command;
  double cpu_s;
};

Recorded parse_recorded(const std::string& line) {
  const auto comma = line.find(',');
  std::size_t from = line.size();
  std::vector<std::string> fields;  // from the right
  for (int field = 0; field < 9; ++field) {
    const auto before = line.rfind(',', from - 1);
    fields.push_back(line.substr(before + 1, from - before - 1));
    from = before;
  }
  return {parse_utc(line.substr(0, comma)).value(), line.substr(comma + 1, from - comma - 1),
          std::stod(fields[3])};
}

TEST_F(UserReaderTest, profiles_a_recorded_build_farm) {
  std::ifstream file(FORESHOCK_TEST_DATA "/demand/build_farm.csv");
  ASSERT_TRUE(file) << "tests/data is missing";
  std::string line;
  std::getline(file, line);
  Report report = make_report(1);
  WallTime first;
  double cpu_s = 0;
  std::uint32_t pid = 1;
  while (std::getline(file, line)) {
    const Recorded one = parse_recorded(line);
    if (first == WallTime()) {
      first = one.time;
      report.wall_minus_boot = first.time_since_epoch();
    }
    const double start = 1 + std::chrono::duration<double>(one.time - first).count();
    std::vector<std::string> words;
    std::istringstream text(one.command);
    for (std::string word; text >> word;) words.push_back(word);
    const auto cpu = Nanoseconds(static_cast<std::int64_t>(one.cpu_s * 1e9));
    cpu_s += one.cpu_s;
    report.executions.push_back(make_ended(make_execution(++pid, start, words), start + 1, cpu));
  }
  append_report(report);
  const auto profile = users_->profile(1000, {first, first + 366 * 24h});
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->summary.commands, report.executions.size());
  EXPECT_GT(profile->summary.commands, 500U);
  EXPECT_NEAR(profile->summary.cpu_s, cpu_s, 1e-3);
  EXPECT_LE(profile->commands.size(), UserProfile::kMostCommands);
  EXPECT_GT(profile->different_commands, 5U);
  std::string names;
  for (const auto& command : profile->commands) names += command.signature + "\n";
  EXPECT_NE(names.find("gcc"), std::string::npos) << names;
  EXPECT_EQ(std::accumulate(profile->by_hour.begin(), profile->by_hour.end(), std::uint64_t{0}),
            profile->summary.commands);
  EXPECT_LT(profile->usual_hours().count, 24U) << "it was recorded in some hours of a day";
}

TEST_F(UserReaderTest, spreads_what_was_used_over_the_lives_of_the_commands) {
  Report report = make_report(4000);
  report.executions = {make_ended(make_execution(1, 100, {"make", "all"}), 140),
                       make_ended(make_execution(2, 150, {"make", "all"}), 160),
                       by_user(make_execution(3, 3900, {"id"}), 77, 77)};
  append_report(report);
  const UserQuery query{wall(0), wall(200), std::nullopt};
  const auto load = users_->load(1000, query, 60s);
  ASSERT_TRUE(load) << load.error().message();
  const double first = 2.0 / 40 * 20 / 60;
  ASSERT_EQ(load->size(), 3U) << "whole steps only";
  EXPECT_NEAR((*load)[0], 0, 1e-9);
  EXPECT_NEAR((*load)[1], first, 1e-9);
  EXPECT_NEAR((*load)[2], first + 2.0 / 60, 1e-9);
}

}  // namespace
}  // namespace foreshock::coordinator::test

#include "coordinator/lead/lead_stream.h"

#include <cmath>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const WallTime kStart = WallTime(std::chrono::hours(24 * 20000));

LeadStream::Event event(WallTime arrival, WallTime timestamp) {
  return {"web", "ann", arrival, timestamp, "/usr/bin/python3", "/opt/x/train.py --jobs=8"};
}

TEST(LeadStream, drops_what_it_has_seen) {
  LeadStream stream(seconds(60));
  EXPECT_TRUE(stream.add_event(event(kStart + seconds(1), kStart)));
  EXPECT_FALSE(stream.add_event(event(kStart + seconds(400), kStart)));
  EXPECT_TRUE(stream.add_event(event(kStart + seconds(402), kStart + seconds(1))));
  EXPECT_EQ(stream.duplicates(), 1U);
}

TEST(LeadStream, sets_the_hosts_clock_right_by_the_shortest_way) {
  LeadStream stream(seconds(60));
  stream.add_load("web", kStart, 1);
  // The host's clock is 50 s ahead; one row in ten takes long.
  for (int i = 0; i < 40; ++i) {
    const WallTime ran = kStart + minutes(3 * i);
    const auto way = i % 10 == 9 ? seconds(300) : seconds(0);
    stream.add_event(event(ran + way + milliseconds(10 * i), ran + seconds(50)));
  }
  const LeadHistory history = stream.history();
  ASSERT_EQ(history.commands.size(), 1U);
  ASSERT_EQ(history.commands[0].runs.size(), 40U);
  for (int i = 0; i < 40; ++i)
    EXPECT_NEAR(history.commands[0].runs[static_cast<std::size_t>(i)].at_s, 180 * i, 1);
}

TEST(LeadStream, late_rows_find_their_place) {
  LeadStream stream(seconds(60));
  stream.add_load("web", kStart, 1);
  stream.add_event(event(kStart + minutes(9), kStart + minutes(9)));
  stream.add_event(event(kStart + minutes(10), kStart + minutes(2)));
  const LeadHistory history = stream.history();
  ASSERT_EQ(history.commands[0].runs.size(), 2U);
  EXPECT_LT(history.commands[0].runs[0].at_s, history.commands[0].runs[1].at_s);
}

TEST(LeadStream, missing_loads_are_unknown_on_one_grid) {
  LeadStream stream(seconds(60));
  stream.add_load("web", kStart, 1);
  stream.add_load("db", kStart + minutes(2), 3);
  const LeadHistory history = stream.history();
  ASSERT_EQ(history.steps(), 3U);
  EXPECT_EQ(history.loads[0][0], 1);
  EXPECT_TRUE(std::isnan(history.loads[0][2]));
  EXPECT_TRUE(std::isnan(history.loads[1][0]));
  EXPECT_EQ(history.loads[1][2], 3);
}

TEST(LeadStream, one_script_is_one_command_however_it_is_started) {
  LeadStream stream(seconds(60));
  stream.add_load("web", kStart, 1);
  stream.add_event({"web", "ann", kStart, kStart, "./train.py", ""});
  stream.add_event({"web", "bob", kStart, kStart, "python3", "/opt/x/train.py --n=2"});
  stream.add_event({"web", "eve", kStart, kStart, "bash", "-c \"python3 /opt/x/train.py\" -q"});
  const LeadHistory history = stream.history();
  ASSERT_EQ(history.commands.size(), 1U);
  EXPECT_EQ(history.commands[0].program, "python3");
  EXPECT_EQ(history.commands[0].script, "train.py");
  EXPECT_EQ(history.commands[0].runs.size(), 3U);
}

TEST(LeadStream, recent_runs_are_those_of_the_history) {
  LeadStream stream(seconds(60));
  stream.add_load("web", kStart, 1);
  stream.add_event(event(kStart + minutes(1), kStart + minutes(1)));
  stream.add_event(event(kStart + minutes(90), kStart + minutes(90)));
  const auto recent = stream.runs_since(3600);
  ASSERT_EQ(recent.size(), 1U);
  EXPECT_EQ(recent[0].first, 0U);
  EXPECT_NEAR(recent[0].second.at_s, 5400, 1);
}

TEST(CommandMeant, looks_behind_wrappers_and_keeps_numbers) {
  const CommandMeant meant =
      parse_command_meant("/usr/bin/nice", "-n 5 /opt/build --jobs=8 -j4 --size 2.5 --name=x");
  EXPECT_EQ(meant.program, "build");
  EXPECT_EQ(meant.script, "");
  const std::vector<NumericArgument> wanted{{"--jobs", 8}, {"-j", 4}, {"--size", 2.5}};
  EXPECT_EQ(meant.arguments, wanted);
}

TEST(CommandMeant, nothing_is_nothing) {
  EXPECT_EQ(parse_command_meant("", "").program, "");
}

}  // namespace
}  // namespace foreshock::coordinator

#include "coordinator/history/command_reader.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/history/history_fixture.h"

namespace foreshock::coordinator::test {
namespace {

Execution typed(Execution execution) {
  execution.tty = "pts/1";
  return execution;
}

class CommandReaderTest : public HistoryTest {
 protected:
  std::vector<RecordedCommand> newest(std::size_t most, std::size_t most_on_terminal) {
    const auto opened = CommandReader::open(path_);
    EXPECT_TRUE(opened) << opened.error().message();
    std::vector<RecordedCommand> commands;
    const auto read = (*opened)->newest(
        most, most_on_terminal, [&](const RecordedCommand& one) { commands.push_back(one); });
    EXPECT_TRUE(read) << read.error().message();
    return commands;
  }
};

TEST_F(CommandReaderTest, gives_back_what_was_recorded) {
  Report report = make_report(10);
  report.executions = {typed(make_execution(1, 5, {"make", "a file", ""}))};
  report.executions[0].facts.identity.uid = 0;  // sudo keeps its person
  const HostId host = append_report(report);
  const auto commands = newest(10, 0);
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].host, host);
  EXPECT_EQ(commands[0].uid, 1000U);
  EXPECT_EQ(commands[0].time, wall(5));
  EXPECT_EQ(commands[0].argv.words, report.executions[0].argv.words);
  EXPECT_TRUE(commands[0].on_terminal);
  EXPECT_EQ(commands[0].signature, executions()[0].signature);
}

TEST_F(CommandReaderTest, leaves_out_what_nobody_saw_begin) {
  Report report = make_report(10);
  report.executions = {make_execution(1, 5, {"existing"}), make_execution(2, 6, {"fork"}),
                       make_execution(3, 7, {"make"})};
  report.executions[0].existing = true;
  report.executions[1].exec_seen = false;
  append_report(report);
  const auto commands = newest(10, 10);
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(commands[0].time, wall(7));
}

TEST_F(CommandReaderTest, takes_the_newest_and_the_newest_typed_each_once_oldest_first) {
  Report report = make_report(10);
  report.executions = {typed(make_execution(1, 1, {"ls"})), typed(make_execution(2, 2, {"ls"})),
                       make_execution(3, 3, {"cron"}),      make_execution(4, 4, {"cron"}),
                       typed(make_execution(5, 5, {"ls"})), make_execution(6, 6, {"cron"})};
  append_report(report);
  std::vector<std::pair<double, bool>> got;
  for (const auto& one : newest(2, 2))
    got.emplace_back((one.time - wall(0)) / std::chrono::seconds(1), one.on_terminal);
  EXPECT_EQ(got, (std::vector<std::pair<double, bool>>{{2, true}, {5, true}, {6, false}}));
}

}  // namespace
}  // namespace foreshock::coordinator::test

#include "agent/event_lines/top_commands.h"

#include <chrono>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

Execution ended(const std::string& filename, Nanoseconds cpu, std::uint32_t status = 0) {
  Execution execution;
  execution.filename = filename;
  execution.facts.comm = "comm";
  execution.exec_time = BootTime(10s);
  execution.end = ExecutionEnd{.time = BootTime(12s), .wait_status = status, .use = {}};
  execution.end->use.cpu = cpu;
  execution.end->use.peak_rss = Bytes{static_cast<std::uint64_t>(cpu.count())};
  return execution;
}

TEST(TopCommands, sums_up_by_command_and_orders_by_processor_time) {
  TopCommands commands;
  commands.add(ended("/bin/ls", 1ms));
  commands.add(ended("/usr/bin/make", 5ms));
  commands.add(ended("/opt/ls", 3ms, 256));
  commands.add(ended("", 1us));
  const auto top = commands.top(2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].command, "make");
  EXPECT_EQ(top[1].command, "ls");
  EXPECT_EQ(top[1].count, 2u);
  EXPECT_EQ(top[1].failed, 1u);
  EXPECT_EQ(top[1].cpu, 4ms);
  EXPECT_EQ(top[1].elapsed, 4s);
  EXPECT_EQ(top[1].peak_rss.count, 3'000'000u);
  EXPECT_EQ(commands.top(9).at(2).command, "(comm)");
  EXPECT_NE(commands.render(3, {}).find("make"), std::string::npos);
}

TEST(TopCommands, are_bounded) {
  TopCommands commands(2);
  for (const char* name : {"a", "b", "c", "d", "a"}) commands.add(ended(name, 1ms));
  EXPECT_EQ(commands.top(9).size(), 3u);
  EXPECT_EQ(commands.top(9).at(0).command, "(other)");
}

}  // namespace
}  // namespace foreshock::agent

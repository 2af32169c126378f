#include "agent/captured_batch.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

ExecEvent exec_of(std::uint32_t pid, const std::string& word) {
  ExecEvent event;
  event.facts.process.pid = pid;
  event.filename = "/usr/local/bin/" + word;
  event.argv = make_argv({word});
  return event;
}

ExitEvent exit_of(std::uint32_t pid) {
  ExitEvent event;
  event.facts.process.pid = pid;
  return event;
}

std::vector<ProcessEvent> events_of(CapturedBatch& batch) {
  std::vector<ProcessEvent> events;
  batch.visit([&events](const ExecEvent& exec) { events.emplace_back(exec); },
              [&events](const ExitEvent& exit) { events.emplace_back(exit); });
  return events;
}

TEST(CapturedBatch, has_the_events_in_the_order_of_their_coming) {
  const std::vector<ProcessEvent> events = {exec_of(1, "make"), exec_of(2, "cc"), exit_of(2),
                                            exit_of(9),         exec_of(3, "ld"), exit_of(1)};
  CapturedBatch batch;
  for (auto event : events) batch.add(std::move(event));
  EXPECT_EQ(batch.size(), events.size());
  EXPECT_EQ(events_of(batch), events);
}

TEST(CapturedBatch, has_nothing_of_what_it_had_before) {
  CapturedBatch batch;
  for (std::uint32_t pid = 0; pid < 10; ++pid) {
    auto longer = exec_of(pid, std::string(2000, 'x'));
    longer.existing = true;
    longer.inputs = InputFiles{};
    longer.cwd = "/srv";
    batch.add(std::move(longer));
    auto exit = exit_of(pid);
    exit.connections = 7;
    batch.add(std::move(exit));
  }
  batch.clear();
  EXPECT_EQ(batch.size(), 0U);
  EXPECT_TRUE(events_of(batch).empty());
  const std::vector<ProcessEvent> events = {exit_of(5), exec_of(6, "cc"), exit_of(6)};
  for (auto event : events) batch.add(std::move(event));
  EXPECT_EQ(events_of(batch), events);
}

}  // namespace
}  // namespace foreshock::agent

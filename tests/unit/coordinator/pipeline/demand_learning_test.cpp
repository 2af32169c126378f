#include "coordinator/pipeline/demand_learning.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using std::chrono::seconds;

ExecutionRow ran(std::uint32_t pid, std::uint32_t parent, int from, int to) {
  ExecutionRow row;
  row.host = 1;
  row.pid = pid;
  row.parent_pid = parent;
  row.start = WallTime(seconds(from));
  row.end = WallTime(seconds(to));
  row.use.emplace().cpu = seconds(1);
  row.signature = "job " + std::to_string(pid);
  row.argv = {"job"};
  return row;
}

TEST(DemandLearning, counts_what_a_command_started_and_what_ran_beside_it) {
  auto of_another_host = ran(9, 1, 1, 20);
  of_another_host.host = 2;
  const auto records = make_demand_records(
      {ran(3, 1, 5, 6), ran(1, 7, 0, 10), ran(2, 1, 2, 8), of_another_host, ran(4, 1, 12, 13)});
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records[0].question.signature, "job 1");
  EXPECT_EQ(records[0].children, 2U) << "not the one that came after its end";
  EXPECT_EQ(records[1].question.concurrency, 0U) << "alone on its host";
  EXPECT_EQ(records[2].question.concurrency, 1U);
  EXPECT_EQ(records[3].question.concurrency, 2U);
  EXPECT_EQ(records[4].question.concurrency, 0U);
}

TEST(DemandLearning, keeps_how_many_connections_a_command_asked_for) {
  auto connects = ran(1, 0, 0, 1);
  connects.connections = 7;
  const auto records = make_demand_records({connects, ran(2, 0, 2, 3)});
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].connections, 7U);
  EXPECT_EQ(records[1].connections, std::nullopt) << "not known, not none";
}

TEST(DemandLearning, leaves_out_what_has_no_end_or_no_known_use) {
  auto running = ran(1, 0, 0, 1);
  running.end.reset();
  auto unmeasured = ran(2, 0, 0, 1);
  unmeasured.use.reset();
  auto known_from_proc = ran(3, 0, 0, 1);
  known_from_proc.existing = true;
  EXPECT_TRUE(make_demand_records({running, unmeasured, known_from_proc}).empty());
}

}  // namespace
}  // namespace foreshock::coordinator

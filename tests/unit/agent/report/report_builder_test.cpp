#include "agent/report/report_builder.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::seconds;

BootTime boot(int s) {
  return BootTime(seconds(s));
}
WallTime wall(int s) {
  return WallTime(seconds(s));
}

ReportBuilder make_builder() {
  return {BootId{{1, 2}}, "host-a", "1.2.3", boot(100)};
}

Report build(ReportBuilder& builder, int now, const LossTotals& totals) {
  return builder.build(boot(now), wall(1'000'000 + now), {}, totals, {});
}

TEST(ReportBuilder, puts_the_parts_of_one_period_together) {
  auto builder = make_builder();
  ResourceSample samples;
  samples.process_count = 12;
  ActionOutcome outcome;
  outcome.command_id = 77;
  const auto report = builder.build(boot(101), wall(5000), samples, {}, {outcome});
  EXPECT_EQ(report.boot_id, (BootId{{1, 2}}));
  EXPECT_EQ(report.host_name, "host-a");
  EXPECT_EQ(report.agent_version, "1.2.3");
  EXPECT_EQ(report.samples, samples);
  EXPECT_EQ(report.outcomes, std::vector{outcome});
  EXPECT_EQ(report.to_wall(boot(101)), wall(5000));
  EXPECT_EQ(report.to_wall(boot(100)), wall(4999));
}

TEST(ReportBuilder, starts_each_period_where_the_one_before_ended) {
  auto builder = make_builder();
  const auto first = build(builder, 101, {});
  const auto second = build(builder, 103, {});
  EXPECT_EQ(first.period_start, boot(100));
  EXPECT_EQ(first.period_end, boot(101));
  EXPECT_EQ(second.period_start, boot(101));
  EXPECT_EQ(second.period_end, boot(103));
}

TEST(ReportBuilder, reports_losses_as_differences_and_only_where_there_are_any) {
  auto builder = make_builder();
  const auto first = build(builder, 101, {{Hop::kernel_exec, 5}, {Hop::spool, 0}});
  EXPECT_EQ(first.losses, (std::vector<Loss>{{Hop::kernel_exec, 5}}));
  const auto second = build(builder, 102, {{Hop::kernel_exec, 5}, {Hop::spool, 2}});
  EXPECT_EQ(second.losses, (std::vector<Loss>{{Hop::spool, 2}}));
  const auto third = build(builder, 103, {{Hop::kernel_exec, 12}});
  EXPECT_EQ(third.losses, (std::vector<Loss>{{Hop::kernel_exec, 7}}));
  EXPECT_TRUE(build(builder, 104, {{Hop::kernel_exec, 12}, {Hop::spool, 2}}).losses.empty());
}

TEST(ReportBuilder, counts_from_zero_when_a_total_went_back) {
  auto builder = make_builder();
  build(builder, 101, {{Hop::kernel_exec, 100}});
  EXPECT_EQ(build(builder, 102, {{Hop::kernel_exec, 3}}).losses,
            (std::vector<Loss>{{Hop::kernel_exec, 3}}));
  EXPECT_EQ(build(builder, 103, {{Hop::kernel_exec, 4}}).losses,
            (std::vector<Loss>{{Hop::kernel_exec, 1}}));
}

}  // namespace
}  // namespace foreshock::agent

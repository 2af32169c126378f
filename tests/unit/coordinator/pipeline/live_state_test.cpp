#include "coordinator/pipeline/live_state.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr HostId kHost = 3;

WorkloadSample sample_at(int second, milliseconds cpu, std::uint64_t memory) {
  WorkloadSample sample;
  sample.cgroup = "/work";
  sample.cgroup_id = 77;
  sample.time = BootTime(seconds(second));
  sample.cpu_usage = cpu;
  sample.cpu_throttled = Nanoseconds::zero();
  sample.memory_working_set = Bytes{memory};
  return sample;
}

Report report_with(std::vector<WorkloadSample> samples, int end_second) {
  Report report;
  report.host_name = "h";
  report.period_end = BootTime(seconds(end_second));
  report.wall_minus_boot = seconds(1000);
  report.samples.workloads = std::move(samples);
  return report;
}

LeadCommand lead_with(double lag_s, double duration_s) {
  LeadCommand lead;
  lead.signature = "nightly-export";
  lead.source_host = kHost;
  lead.target = {{kHost, "/work"}, Quantity::cpu_usage};
  lead.lag_s = lag_s;
  lead.duration_s = duration_s;
  return lead;
}

Execution execution_of(std::uint32_t pid) {
  Execution execution;
  execution.facts.process = {pid, BootTime(seconds(9))};
  execution.exec_time = BootTime(seconds(9));
  return execution;
}

Report report_of_agent(BootId boot, int boot_second, int wall_second, seconds cpu) {
  Report report;
  report.host_name = "h";
  report.boot_id = boot;
  report.period_end = BootTime(seconds(boot_second));
  report.wall_minus_boot = seconds(wall_second - boot_second);
  report.agent = AgentUse{cpu, Bytes{5}, Saving::samples};
  HostSample host;
  host.time = report.period_end;
  host.cpu_count = 4;
  host.cpu_user = cpu;
  report.samples.host = host;
  return report;
}

TEST(LiveState, knows_what_the_agent_uses_and_leaves_out) {
  LiveState live;
  const BootId boot{1};
  live.on_report(kHost, "key", report_of_agent(boot, 10, 1000, seconds(3)));
  auto host = live.view(WallTime(seconds(1000))).hosts.at(0);
  ASSERT_TRUE(host.agent);
  EXPECT_EQ(host.agent->saving, Saving::samples);
  EXPECT_FALSE(host.agent_cpu_cores) << "one reading has no rate";
  live.on_report(kHost, "key", report_of_agent(boot, 20, 1010, seconds(4)));
  EXPECT_DOUBLE_EQ(live.view(WallTime(seconds(1010))).hosts.at(0).agent_cpu_cores.value(), 0.1);
  live.on_report(kHost, "key", report_of_agent(boot, 30, 1020, seconds(1)));
  EXPECT_FALSE(live.view(WallTime(seconds(1020))).hosts.at(0).agent_cpu_cores)
      << "a restarted agent counts from nothing";
}

TEST(LiveState, goes_on_after_a_reboot_and_takes_no_old_sample_for_a_new_one) {
  LiveState live;
  live.on_report(kHost, "key", report_of_agent(BootId{1}, 5000, 1000, seconds(100)));
  live.on_report(kHost, "key", report_of_agent(BootId{2}, 10, 1100, seconds(1)));
  live.on_report(kHost, "key", report_of_agent(BootId{2}, 20, 1110, seconds(6)));
  live.on_report(kHost, "key", report_of_agent(BootId{1}, 5010, 1010, seconds(120)));
  const auto host = live.view(WallTime(seconds(1110))).hosts.at(0);
  EXPECT_DOUBLE_EQ(host.cpu_cores, 0.5);
  EXPECT_DOUBLE_EQ(host.agent_cpu_cores.value(), 0.5);
}

TEST(LiveState, turns_counters_into_cores) {
  LiveState live;
  live.on_report(kHost, "key", report_with({sample_at(10, milliseconds(1000), 5)}, 10));
  live.on_report(kHost, "key", report_with({sample_at(12, milliseconds(4000), 6)}, 12));
  const auto& state = live.workloads().at({kHost, "/work"});
  ASSERT_EQ(state.recent.size(), 2u);
  EXPECT_FALSE(state.recent[0].cpu_cores);
  EXPECT_DOUBLE_EQ(state.recent[1].cpu_cores.value(), 1.5);
  EXPECT_EQ(state.recent[1].memory_bytes, 6u);
  EXPECT_EQ(state.time, WallTime(seconds(1012)));
}

TEST(LiveState, a_counter_that_went_back_gives_no_rate) {
  LiveState live;
  live.on_report(kHost, "key", report_with({sample_at(10, milliseconds(4000), 5)}, 10));
  live.on_report(kHost, "key", report_with({sample_at(12, milliseconds(100), 5)}, 12));
  EXPECT_FALSE(live.workloads().at({kHost, "/work"}).recent.back().cpu_cores);
}

TEST(LiveState, a_replaced_cgroup_gives_no_rate) {
  LiveState live;
  auto other = sample_at(12, milliseconds(9000), 5);
  other.cgroup_id = 78;
  live.on_report(kHost, "key", report_with({sample_at(10, milliseconds(4000), 5)}, 10));
  live.on_report(kHost, "key", report_with({other}, 12));
  EXPECT_FALSE(live.workloads().at({kHost, "/work"}).recent.back().cpu_cores);
}

TEST(LiveState, an_old_report_does_not_replace_a_newer_one) {
  LiveState live;
  live.on_report(kHost, "key", report_with({sample_at(12, milliseconds(4000), 9)}, 12));
  live.on_report(kHost, "key", report_with({sample_at(10, milliseconds(1000), 5)}, 10));
  EXPECT_EQ(live.workloads().at({kHost, "/work"}).sample.memory_working_set, Bytes{9});
}

TEST(LiveState, the_urgent_copy_and_the_batch_are_one_sighting) {
  LiveState live;
  const auto lead = lead_with(5, 5);
  const WallTime seen(seconds(1009));
  EXPECT_TRUE(live.on_sighting(lead, kHost, BootId{}, execution_of(1), seen));
  EXPECT_FALSE(live.on_sighting(lead, kHost, BootId{}, execution_of(1), seen));
  EXPECT_TRUE(live.on_sighting(lead, kHost, BootId{}, execution_of(2), seen));
  EXPECT_EQ(live.sightings_for(lead.target, seen).size(), 2u);
}

TEST(LiveState, a_sighting_ends_with_its_load) {
  LiveState live;
  const auto lead = lead_with(5, 5);
  const WallTime seen(seconds(1009));
  live.on_sighting(lead, kHost, BootId{}, execution_of(1), seen);
  EXPECT_EQ(live.sightings_for(lead.target, seen + seconds(10)).size(), 1u);
  EXPECT_TRUE(live.sightings_for(lead.target, seen + seconds(11)).empty());
}

TEST(LiveState, counts_losses_of_the_last_minute) {
  LiveState live;
  auto report = report_with({}, 10);
  report.losses = {{Hop::kernel_exec, 4}};
  live.on_report(kHost, "key", report);
  EXPECT_EQ(live.losses_last_minute(kHost, WallTime(seconds(1030))), 4u);
  EXPECT_EQ(live.losses_last_minute(kHost, WallTime(seconds(1071))), 0u);
}

TEST(LiveState, a_reported_limit_counts_at_once) {
  LiveState live;
  live.on_report(kHost, "key", report_with({sample_at(10, milliseconds(1000), 5)}, 10));
  live.on_limit(kHost, "/work", Knob::cpu_max, 1500);
  EXPECT_EQ(live.workloads().at({kHost, "/work"}).sample.cpu_max_millicores.value(),
            KnobValue(1500));
}

TEST(LiveState, forgets_workloads_that_are_gone) {
  LiveState live;
  live.on_report(kHost, "key", report_with({sample_at(10, milliseconds(1000), 5)}, 10));
  live.forget_old(WallTime(seconds(1010)) + std::chrono::minutes(6));
  EXPECT_TRUE(live.workloads().empty());
  EXPECT_EQ(live.view(WallTime(seconds(2000))).hosts.size(), 1u);
}

}  // namespace
}  // namespace foreshock::coordinator

#include "coordinator/lead/long_leads.h"

#include <gtest/gtest.h>

#include "minute_world.h"

namespace foreshock::coordinator {
namespace {

const WallTime kStart = WallTime(std::chrono::hours(24 * 20000));

SeriesKey cpu_of(std::size_t host, const std::string& cgroup = "") {
  return {.workload = {.host = static_cast<HostId>(host) + 10, .cgroup = cgroup},
          .quantity = Quantity::cpu_usage};
}

struct Live {
  std::vector<Series> series;
  std::vector<SignatureRuns> runs;
};

/// As the coordinator's history has it: runs by signature and host.
Live live_view(const LeadHistory& history) {
  Live live;
  for (std::size_t host = 0; host < history.loads.size(); ++host)
    live.series.push_back({cpu_of(host), kStart, std::chrono::minutes(1), history.loads[host]});
  for (const CommandRuns& command : history.commands) {
    for (std::size_t host = 0; host < history.loads.size(); ++host) {
      SignatureRuns runs{
          command.program + " <path>", {command.program}, static_cast<HostId>(host) + 10, {}};
      for (const CommandRun& run : command.runs) {
        if (run.host == host)
          runs.starts.push_back(
              kStart + std::chrono::milliseconds(static_cast<std::int64_t>(run.at_s * 1000)));
      }
      if (!runs.starts.empty()) live.runs.push_back(std::move(runs));
    }
  }
  return live;
}

TEST(LongLeads, names_signature_host_and_series) {
  MinuteWorld world(21);
  for (const double at : world.random_times(5)) {
    world.run("export", 1, at);
    world.add_usual_load(1, at, 600);
  }
  const Live live = live_view(world.history());
  const auto leads = find_long_leads(live.series, live.runs, {});
  ASSERT_EQ(leads.size(), 1U);
  EXPECT_EQ(leads[0].signature, "export <path>");
  EXPECT_EQ(leads[0].source_host, 11);
  EXPECT_EQ(leads[0].target, cpu_of(1));
  EXPECT_NEAR(leads[0].lag_s, 600, 40);
  EXPECT_GT(leads[0].precision, 0.8);
  EXPECT_EQ(leads[0].response_step_s, 60);
}

TEST(LongLeads, finds_the_load_of_a_workload_on_the_same_host) {
  MinuteWorld world(22);
  MinuteWorld workload(23);
  for (const double at : world.random_times(5)) {
    world.run("export", 1, at);
    workload.add_usual_load(0, at, 600);
  }
  Live live = live_view(world.history());
  live.series.push_back(
      {cpu_of(1, "/shop"), kStart, std::chrono::minutes(1), workload.history().loads[0]});
  const auto leads = find_long_leads(live.series, live.runs, {});
  ASSERT_EQ(leads.size(), 1U);
  EXPECT_EQ(leads[0].source_host, 11);
  EXPECT_EQ(leads[0].target, cpu_of(1, "/shop"));
}

TEST(LongLeads, nothing_leads_nothing) {
  EXPECT_TRUE(find_long_leads({}, {}, {}).empty());
}

}  // namespace
}  // namespace foreshock::coordinator

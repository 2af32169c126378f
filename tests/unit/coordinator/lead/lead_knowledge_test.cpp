#include "coordinator/lead/lead_knowledge.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "minute_world.h"

namespace foreshock::coordinator {
namespace {

constexpr double kMinute = MinuteWorld::kMinute, kHour = MinuteWorld::kHour,
                 kDay = MinuteWorld::kDay;

const LearnedLead* find(const LeadKnowledge& knowledge, const std::string& program) {
  for (const LearnedLead& lead : knowledge.leads()) {
    if (knowledge.history().commands[lead.found.command].program == program) return &lead;
  }
  return nullptr;
}

std::vector<std::string> names(const LeadKnowledge& knowledge) {
  std::vector<std::string> names;
  for (const LearnedLead& lead : knowledge.leads())
    names.push_back(knowledge.history().commands[lead.found.command].program);
  std::sort(names.begin(), names.end());
  return names;
}

using Names = std::vector<std::string>;

/// A world in which "export" on host 1 leads load after five minutes, five times a day.
MinuteWorld world_with_lead(std::uint64_t seed) {
  MinuteWorld world(seed);
  for (const double at : world.random_times(5)) {
    world.run("export", 1, at);
    world.add_usual_load(1, at, 300);
  }
  return world;
}

TEST(LeadKnowledge, finds_the_command_and_describes_what_it_does) {
  const LeadKnowledge knowledge(world_with_lead(1).history(), {});
  ASSERT_EQ(names(knowledge), Names{"export"});
  const LeadResponse& response = knowledge.leads().front().response;
  EXPECT_NEAR(response.lag_s, 300, 20);
  EXPECT_NEAR(response.duration_s, 600, 90);
  EXPECT_NEAR(response.effect, 6, 1);  // twice the host's usual 3 cores
  EXPECT_LT(response.effect_low, response.effect);
  EXPECT_GT(response.probability, 0.85);
  EXPECT_GT(response.lift(), 5);
  EXPECT_LT(knowledge.leads().front().found.q_value, 1e-6);
}

TEST(LeadKnowledge, finds_nothing_where_load_comes_by_itself) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    MinuteWorld world(seed);
    for (const double at : world.random_times(6)) world.add_usual_load(0, at, 0);
    for (const double at : world.random_times(6)) world.run("innocent", 0, at);
    EXPECT_EQ(names(LeadKnowledge(world.history(), {})), Names{}) << seed;
  }
}

TEST(LeadKnowledge, a_command_that_runs_because_load_is_high_is_no_lead) {
  MinuteWorld world(2);
  for (const double at : world.random_times(6)) {
    world.add_usual_load(0, at, 0);
    world.run("alert", 0, at + world.uniform(2, 6) * kMinute);
  }
  EXPECT_EQ(names(LeadKnowledge(world.history(), {})), Names{});
}

TEST(LeadKnowledge, a_sibling_that_often_runs_beside_the_lead_is_no_lead) {
  MinuteWorld world(3);
  for (const double at : world.random_times(6)) {
    world.run("export", 1, at);
    world.add_usual_load(1, at, 300);
    if (world.uniform(0, 1) < 0.8) world.run("chmod", 1, at - 20);
  }
  for (const double at : world.random_times(6)) world.run("chmod", 1, at);
  EXPECT_EQ(names(LeadKnowledge(world.history(), {})), Names{"export"});
}

TEST(LeadKnowledge, a_daily_job_at_the_morning_ramp_is_no_lead) {
  MinuteWorld world(4);
  for (std::size_t day = 0; day < world.days(); ++day)
    world.run("cron-report", 0, static_cast<double>(day) * kDay + 7 * kHour + world.uniform(0, 30));
  EXPECT_EQ(names(LeadKnowledge(world.history(), {})), Names{});
}

TEST(LeadKnowledge, an_hourly_job_is_not_blamed_for_the_load_of_a_lead_that_runs_on_the_hour) {
  MinuteWorld world(5);
  for (std::size_t hour = 0; hour < 24 * world.days(); ++hour) {
    const double at = static_cast<double>(hour) * kHour + world.uniform(0, 30);
    world.run("run-parts", 1, at - 5 * kMinute);
    if (hour % 6 != 2) continue;
    world.run("backup", 1, at);
    world.add_load(1, at + 240 * world.uniform(0.95, 1.05), 2, 10 * kMinute);
  }
  EXPECT_EQ(names(LeadKnowledge(world.history(), {})), Names{"backup"});
}

TEST(LeadKnowledge, finds_a_lead_on_another_host) {
  MinuteWorld world(6);
  for (const double at : world.random_times(5)) {
    world.run("deploy", 0, at);
    world.add_usual_load(2, at, 400);
  }
  const LeadKnowledge knowledge(world.history(), {});
  ASSERT_EQ(names(knowledge), Names{"deploy"});
  EXPECT_EQ(knowledge.leads().front().found.target, 2U);
}

TEST(LeadKnowledge, finds_the_second_of_two_where_only_the_pair_leads) {
  MinuteWorld world(7);
  for (const double at : world.random_times(5)) {
    world.run("fetch", 1, at);
    world.run("unpack", 1, at + world.uniform(20, 90));
    world.add_usual_load(1, at + 60, 300);
  }
  for (const double at : world.random_times(8)) world.run("fetch", 1, at);
  for (const double at : world.random_times(8)) world.run("unpack", 1, at);
  const LeadKnowledge knowledge(world.history(), {});
  ASSERT_EQ(names(knowledge), Names{"unpack"});
  const auto previous = knowledge.leads().front().found.previous;
  ASSERT_TRUE(previous.has_value());
  EXPECT_EQ(knowledge.history().commands[*previous].program, "fetch");
}

TEST(LeadKnowledge, a_lead_that_began_late_is_judged_by_what_it_does_now) {
  MinuteWorld world(8);
  for (const double at : world.random_times(6)) {
    world.run("train", 1, at);
    if (at > 4 * kDay) world.add_usual_load(1, at, 300);
  }
  const LeadKnowledge knowledge(world.history(), {});
  ASSERT_EQ(names(knowledge), Names{"train"});
  const LeadResponse& response = knowledge.leads().front().response;
  EXPECT_GT(response.probability, 0.8);
  EXPECT_NEAR(response.since_s, 4 * kDay, kDay);
}

TEST(LeadKnowledge, a_lead_that_expired_is_one_no_more) {
  MinuteWorld world(9);
  for (const double at : world.random_times(8)) {
    world.run("train", 1, at);
    if (at < 5 * kDay) world.add_usual_load(1, at, 300);
  }
  EXPECT_EQ(names(LeadKnowledge(world.history(), {})), Names{});
}

TEST(LeadKnowledge, finds_what_leads_only_now_and_then) {
  MinuteWorld world(10);
  for (const double at : world.random_times(10)) {
    world.run("sync-maybe", 1, at);
    if (world.uniform(0, 1) < 0.5) world.add_usual_load(1, at, 300);
  }
  const LeadKnowledge knowledge(world.history(), {});
  ASSERT_EQ(names(knowledge), Names{"sync-maybe"});
  EXPECT_NEAR(knowledge.leads().front().response.probability, 0.5, 0.15);
}

TEST(LeadKnowledge, learns_which_argument_the_size_goes_with) {
  MinuteWorld world(11);
  for (const double at : world.random_times(7)) {
    const double jobs = std::floor(world.uniform(1, 9));
    world.run("build", 1, at).arguments = {{"--jobs", jobs}, {"--seed", world.uniform(0, 1000)}};
    world.add_load(1, at + 300 * world.uniform(0.9, 1.1), 0.5 * jobs, 10 * kMinute);
  }
  LeadHistory history = world.history();
  const LeadKnowledge knowledge(history, {});
  const LearnedLead* lead = find(knowledge, "build");
  ASSERT_NE(lead, nullptr);
  ASSERT_TRUE(lead->response.size.has_value());
  EXPECT_EQ(lead->response.size->argument, "--jobs");

  const double now = static_cast<double>(history.steps()) * kMinute;
  const auto peak_with = [&](double jobs) {
    const CommandRun run{now - 30, 1, {{"--jobs", jobs}}};
    return knowledge.forecast(1, history.loads[1], {{0, run}}, 30)[9].mean;
  };
  EXPECT_GT(peak_with(8), 2 * peak_with(1));
}

class LeadForecast : public testing::Test {
 protected:
  LeadForecast() : history_(world_with_lead(12).history()), knowledge_(history_, {}) {
    // Two hours before the end, at night, when no lead had run for long.
    load_ = history_.loads[1];
    load_.resize(load_.size() - 120);
    now_ = static_cast<double>(load_.size()) * kMinute;
  }
  std::vector<LoadQuantiles> forecast(const std::vector<LeadKnowledge::Sighting>& sightings) const {
    return knowledge_.forecast(1, load_, sightings, 60);
  }

  LeadHistory history_;
  LeadKnowledge knowledge_;
  std::vector<double> load_;
  double now_ = 0;
};

TEST_F(LeadForecast, a_sighting_raises_the_load_when_it_is_due) {
  const auto without = forecast({});
  const auto with = forecast({{0, {now_ - 30, 1, {}}}});
  EXPECT_NEAR(with[0].quantiles[2], without[0].quantiles[2], 0.3);
  EXPECT_GT(with[8].mean, without[8].mean + 3);
  EXPECT_GT(with[8].quantiles[4], without[8].quantiles[4] + 3);
  EXPECT_NEAR(with[50].quantiles[2], without[50].quantiles[2], 0.3);
}

TEST_F(LeadForecast, quantiles_are_ordered) {
  for (const LoadQuantiles& step : forecast({{0, {now_ - 30, 1, {}}}}))
    EXPECT_TRUE(std::is_sorted(step.quantiles.begin(), step.quantiles.end()));
}

TEST_F(LeadForecast, a_run_whose_load_did_not_come_is_forgotten) {
  const auto without = forecast({});
  const auto with = forecast({{0, {now_ - 30 * kMinute, 1, {}}}});
  for (std::size_t i = 0; i < with.size(); ++i)
    EXPECT_NEAR(with[i].mean, without[i].mean, 0.1 + 0.02 * without[i].mean);
}

TEST_F(LeadForecast, load_that_is_already_there_goes_on_as_high_as_it_is) {
  const double run = now_ - 9 * kMinute;
  for (std::size_t i = load_.size() - 4; i < load_.size(); ++i) load_[i] += 9;
  const auto with = forecast({{0, {run, 1, {}}}});
  EXPECT_NEAR(with[1].mean, 9 + 2, 2.5);
  EXPECT_LT(with[40].quantiles[2], 5);
}

}  // namespace
}  // namespace foreshock::coordinator

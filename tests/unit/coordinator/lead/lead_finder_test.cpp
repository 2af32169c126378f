#include "coordinator/lead/lead_finder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "simulated_world.h"

namespace foreshock::coordinator {
namespace {

constexpr int kWorlds = 40;

SeriesKey workload(Quantity quantity) {
  return {.workload = {.host = 1, .cgroup = kWorkloadCgroup}, .quantity = quantity};
}

const LeadCommand* find(const std::vector<LeadCommand>& leads, const std::string& signature,
                        const SeriesKey& key) {
  const auto lead = std::find_if(leads.begin(), leads.end(), [&](const LeadCommand& l) {
    return l.signature == signature && l.target == key;
  });
  return lead == leads.end() ? nullptr : &*lead;
}

/// What was reported over many worlds.
struct Tally {
  int found_on_cpu = 0;
  int found_on_memory = 0;
  int with_decoy = 0;
  int with_heavy = 0;
  int with_other = 0;  ///< anything but the trigger, in a world
  double worst_lag_error = 0;
};

Tally explore(WorldOptions options, const std::string& leader = kTrigger) {
  Tally tally;
  for (int world = 1; world <= kWorlds; ++world) {
    options.seed = static_cast<std::uint64_t>(world);
    const World made = make_world(options);
    const auto leads = find_leads(made.series, made.runs, {});
    tally.found_on_cpu += find(leads, leader, workload(Quantity::cpu_usage)) != nullptr;
    tally.found_on_memory += find(leads, leader, workload(Quantity::memory_used)) != nullptr;
    const auto any = [&](auto predicate) {
      return std::any_of(leads.begin(), leads.end(), predicate) ? 1 : 0;
    };
    tally.with_decoy += any([](const LeadCommand& l) { return l.signature == kDecoy; });
    tally.with_heavy +=
        any([](const LeadCommand& l) { return l.signature == kHeavy || l.signature == kFollower; });
    tally.with_other +=
        any([&](const LeadCommand& l) { return l.signature != leader && l.signature != kTrigger; });
    for (const LeadCommand& lead : leads) {
      if (lead.signature != kTrigger) continue;
      tally.worst_lag_error = std::max(tally.worst_lag_error, std::abs(lead.lag_s - made.lag_s));
    }
  }
  return tally;
}

void expect_found_everywhere(const Tally& tally) {
  EXPECT_EQ(tally.found_on_cpu, kWorlds);
  EXPECT_EQ(tally.found_on_memory, kWorlds);
  EXPECT_LE(tally.worst_lag_error, 1.0);
  EXPECT_EQ(tally.with_decoy, 0);
  EXPECT_EQ(tally.with_heavy, 0);
  EXPECT_LE(tally.with_other, 1);
}

TEST(LeadFinder, finds_the_trigger_of_throttled_load_and_nothing_else) {
  expect_found_everywhere(explore({}));
}

TEST(LeadFinder, finds_the_trigger_of_load_without_a_limit) {
  WorldOptions options;
  options.limit_cores = 0;
  expect_found_everywhere(explore(options));
}

TEST(LeadFinder, stays_with_the_trigger_when_acting_changes_the_shape_of_the_load) {
  WorldOptions options;
  options.raised_after_s = 80;
  expect_found_everywhere(explore(options));
}

TEST(LeadFinder, finds_the_trigger_after_a_few_runs) {
  WorldOptions options;
  options.length_s = 110;  // six to seven runs with their loads
  const Tally tally = explore(options);
  EXPECT_GE(tally.found_on_cpu, kWorlds * 95 / 100);
  EXPECT_EQ(tally.with_decoy, 0);
  EXPECT_EQ(tally.with_heavy, 0);
}

TEST(LeadFinder, a_noisy_host_hides_nothing_of_the_workload) {
  WorldOptions options;
  options.host_noise_cores = 0.3;
  options.host_spikes_per_s = 0.15;
  expect_found_everywhere(explore(options));
}

TEST(LeadFinder, a_wrapper_that_always_runs_with_the_trigger_stands_for_it) {
  WorldOptions options;
  options.sibling = true;
  const Tally tally = explore(options, kWrapper);
  EXPECT_EQ(tally.found_on_cpu, kWorlds);
  EXPECT_EQ(tally.with_decoy, 0);
  for (int world = 1; world <= 5; ++world) {
    options.seed = static_cast<std::uint64_t>(world);
    const World made = make_world(options);
    EXPECT_EQ(find(find_leads(made.series, made.runs, {}), kTrigger, workload(Quantity::cpu_usage)),
              nullptr);
  }
}

TEST(LeadFinder, load_that_comes_by_itself_has_no_lead) {
  WorldOptions options;
  options.trigger_leads = false;
  const Tally tally = explore(options);
  EXPECT_EQ(tally.found_on_cpu + tally.found_on_memory, 0);
  EXPECT_LE(tally.with_other, 1);
}

TEST(LeadFinder, a_cron_job_at_the_period_of_a_timers_load_is_not_blamed) {
  for (const double period : {10.0, 15.0}) {  // a cron job and a timer of the world run at these
    WorldOptions options;
    options.periodic_load_s = period;
    EXPECT_LE(explore(options).with_other, 1) << period;
  }
}

TEST(LeadFinder, describes_the_lead) {
  WorldOptions options;
  options.limit_cores = 0;
  options.length_s = 400;
  const World made = make_world(options);
  const auto leads = find_leads(made.series, made.runs, {});
  const LeadCommand* lead = find(leads, kTrigger, workload(Quantity::cpu_usage));
  ASSERT_NE(lead, nullptr);
  EXPECT_EQ(lead->base_names, std::vector<std::string>{"nightly-export"});
  EXPECT_EQ(lead->source_host, 1);
  EXPECT_NEAR(lead->lag_s, made.lag_s, 0.5);
  EXPECT_LE(lead->lag_spread_s, 1);
  EXPECT_NEAR(lead->duration_s, made.duration_s, 1);
  EXPECT_NEAR(lead->effect, made.cores, 0.3);
  EXPECT_TRUE(std::is_sorted(lead->effect_quantiles.begin(), lead->effect_quantiles.end()));
  EXPECT_GE(lead->precision, 0.9);
  EXPECT_LE(lead->precision, 1);
  EXPECT_GT(lead->lift, 4);
  EXPECT_GE(lead->support, made.trigger_runs - 2);
  EXPECT_LT(lead->q_value, 1e-3);
  // The response is low right after the exec and high in the middle of the load.
  ASSERT_GT(lead->response.size(), static_cast<std::size_t>(made.lag_s + made.duration_s));
  EXPECT_LT(lead->response[1], 0.3 * made.cores);
  EXPECT_GT(lead->response[static_cast<std::size_t>(made.lag_s + made.duration_s / 2)],
            0.7 * made.cores);
}

TEST(LeadFinder, works_at_steps_of_a_minute) {
  Series series{.key = workload(Quantity::cpu_usage),
                .start = wall_time_from_ms(0),
                .step = std::chrono::minutes(1),
                .values = std::vector<double>(3 * 1440, 0.1)};
  SignatureRuns runs{.signature = "backup", .base_names = {"backup"}, .host = 1, .starts = {}};
  for (const int minute : {100, 333, 612, 1010, 1444, 1600, 2100, 2543, 3111, 3600, 4001}) {
    runs.starts.push_back(series.start + std::chrono::minutes(minute) + std::chrono::seconds(7));
    std::fill_n(series.values.begin() + minute + 25, 12, 3.0);
  }
  LeadFinderOptions options;
  options.max_lag = std::chrono::hours(2);
  const auto leads = find_leads({series}, {runs}, options);
  ASSERT_EQ(leads.size(), 1u);
  EXPECT_NEAR(leads[0].lag_s, 25 * 60, 60);
  EXPECT_NEAR(leads[0].duration_s, 12 * 60, 60);
}

TEST(LeadFinder, gives_the_same_leads_for_any_order_of_the_input) {
  World made = make_world({});
  const auto forward = find_leads(made.series, made.runs, {});
  std::reverse(made.series.begin(), made.series.end());
  std::reverse(made.runs.begin(), made.runs.end());
  const auto backward = find_leads(made.series, made.runs, {});
  ASSERT_EQ(forward.size(), backward.size());
  for (std::size_t i = 0; i < forward.size(); ++i) {
    EXPECT_EQ(forward[i].signature, backward[i].signature);
    EXPECT_EQ(forward[i].target, backward[i].target);
    EXPECT_EQ(forward[i].p_value, backward[i].p_value);
    EXPECT_EQ(forward[i].lag_s, backward[i].lag_s);
  }
}

TEST(LeadFinder, two_leads_of_one_workload_are_both_found) {
  // Load of two kinds in turn, each announced by its own command.
  Series series{.key = workload(Quantity::cpu_usage),
                .start = wall_time_from_ms(0),
                .step = std::chrono::seconds(1),
                .values = std::vector<double>(1200, 0.0)};
  SignatureRuns first{.signature = "first", .base_names = {"first"}, .host = 1, .starts = {}};
  SignatureRuns second{.signature = "second", .base_names = {"second"}, .host = 1, .starts = {}};
  std::mt19937_64 engine(5);
  std::uniform_int_distribution<std::size_t> gap(20, 45);
  std::size_t at = 20;
  for (int i = 0; at + 30 < series.values.size(); ++i) {
    const bool odd = i % 2 == 1;
    (odd ? second : first).starts.push_back(series.start + std::chrono::seconds(at));
    std::fill_n(series.values.begin() + static_cast<std::ptrdiff_t>(at) + (odd ? 11 : 5), 4,
                odd ? 1.5 : 0.7);
    at += gap(engine);
  }
  const auto leads = find_leads({series}, {first, second}, {});
  ASSERT_EQ(leads.size(), 2u);
  const LeadCommand* one = find(leads, "first", series.key);
  const LeadCommand* two = find(leads, "second", series.key);
  ASSERT_TRUE(one != nullptr && two != nullptr);
  EXPECT_NEAR(one->lag_s, 5, 0.5);
  EXPECT_NEAR(two->lag_s, 11, 0.5);
  EXPECT_NEAR(one->effect, 0.7, 0.05);
  EXPECT_NEAR(two->effect, 1.5, 0.05);
}

TEST(LeadFinder, too_few_runs_are_no_lead) {
  World made = make_world({});
  for (SignatureRuns& runs : made.runs)
    runs.starts.resize(std::min<std::size_t>(runs.starts.size(), 4));
  EXPECT_TRUE(find_leads(made.series, made.runs, {}).empty());
}

TEST(LeadFinder, unknown_stretches_are_not_taken_for_missing_load) {
  World made = make_world({});
  for (Series& series : made.series) {
    std::fill(series.values.begin() + 60, series.values.begin() + 100,
              std::numeric_limits<double>::quiet_NaN());
  }
  const auto leads = find_leads(made.series, made.runs, {});
  const LeadCommand* lead = find(leads, kTrigger, workload(Quantity::cpu_usage));
  ASSERT_NE(lead, nullptr);
  EXPECT_GE(lead->precision, 0.9);
  EXPECT_LT(lead->support, made.trigger_runs - 1);
}

TEST(LeadFinder, empty_input_gives_no_leads) {
  EXPECT_TRUE(find_leads({}, {}, {}).empty());
  const World made = make_world({});
  EXPECT_TRUE(find_leads(made.series, {}, {}).empty());
  EXPECT_TRUE(find_leads({}, made.runs, {}).empty());
  Series unknown = made.series.front();
  std::fill(unknown.values.begin(), unknown.values.end(), std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(find_leads({unknown, Series{}}, made.runs, {}).empty());
}

}  // namespace
}  // namespace foreshock::coordinator

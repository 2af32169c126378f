#include <algorithm>

#include <gtest/gtest.h>

#include "coordinator/lead/lead_finder.h"

namespace foreshock::coordinator {
namespace {

const WallTime kNow = wall_time_from_ms(1'790'000'000'000);
const SeriesKey kKey{.workload = {.host = 1, .cgroup = "/w"}, .quantity = Quantity::cpu_usage};
constexpr std::size_t kMedian = 3;
constexpr std::size_t kUpper = 4;  // 0.9

Forecast quiet_forecast() {
  Forecast forecast;
  forecast.key = kKey;
  forecast.made_at = kNow;
  forecast.start = kNow;
  forecast.step = std::chrono::seconds(1);
  forecast.mean.assign(30, 0.1);
  forecast.quantiles.assign(30, Quantiles{.02, .04, .06, .1, .2, .25, .3});
  forecast.model = "seasonal-naive";
  return forecast;
}

LeadCommand lead(double precision) {
  LeadCommand lead;
  lead.signature = "nightly-export";
  lead.target = kKey;
  lead.lag_s = 8;
  lead.lag_spread_s = 0.5;
  lead.duration_s = 5;
  lead.effect = 1.5;
  lead.effect_quantiles = {1.2, 1.25, 1.3, 1.5, 1.7, 1.75, 1.8};
  lead.precision = precision;
  return lead;
}

void expect_ordered(const Forecast& forecast) {
  for (const Quantiles& quantiles : forecast.quantiles) {
    EXPECT_TRUE(std::is_sorted(quantiles.begin(), quantiles.end()));
    EXPECT_GE(quantiles.front(), 0);
  }
}

TEST(WithLeads, adds_the_load_where_it_is_due) {
  const Forecast before = quiet_forecast();
  const Forecast after = with_leads(before, {{.lead = lead(1), .seen = kNow}});
  EXPECT_EQ(after.quantiles[4], before.quantiles[4]);
  EXPECT_NEAR(after.mean[10], 1.6, 0.01);
  EXPECT_NEAR(after.quantiles[10][kMedian], 1.6, 0.01);
  EXPECT_NEAR(after.quantiles[10][kUpper], 1.9, 0.01);
  EXPECT_EQ(after.quantiles[20], before.quantiles[20]);
  expect_ordered(after);
}

TEST(WithLeads, records_what_moved_the_forecast) {
  const Forecast after =
      with_leads(quiet_forecast(), {{.lead = lead(1), .seen = kNow - std::chrono::seconds(2)}});
  ASSERT_EQ(after.leads.size(), 1u);
  EXPECT_EQ(after.leads[0].signature, "nightly-export");
  EXPECT_EQ(after.leads[0].expected_onset, kNow + std::chrono::seconds(6));
  EXPECT_EQ(after.leads[0].expected_end, kNow + std::chrono::seconds(11));
  EXPECT_DOUBLE_EQ(after.leads[0].effect, 1.5);
  EXPECT_EQ(after.model, "seasonal-naive+leads");
  EXPECT_EQ(after.quantiles_without_leads, quiet_forecast().quantiles);
}

TEST(WithLeads, a_lead_that_is_right_seven_times_in_ten_moves_the_median) {
  const Forecast after = with_leads(quiet_forecast(), {{.lead = lead(0.7), .seen = kNow}});
  EXPECT_GT(after.quantiles[10][kMedian], 1.3);
  EXPECT_GT(after.quantiles[10][kUpper], 1.7);
  EXPECT_DOUBLE_EQ(after.quantiles[10][2], 0.06);  // 0.1: it may well not come
  EXPECT_NEAR(after.mean[10], 0.1 + 0.7 * 1.5, 0.01);
  expect_ordered(after);
}

TEST(WithLeads, a_lead_that_is_right_four_times_in_ten_raises_the_upper_quantiles_only) {
  const Forecast after = with_leads(quiet_forecast(), {{.lead = lead(0.4), .seen = kNow}});
  EXPECT_DOUBLE_EQ(after.quantiles[10][kMedian], 0.1);
  EXPECT_GT(after.quantiles[10][kUpper], 1.5);
  expect_ordered(after);
}

TEST(WithLeads, a_wider_spread_of_the_lag_widens_when_the_load_may_come) {
  LeadCommand vague = lead(1);
  vague.lag_spread_s = 4;
  const Forecast sharp = with_leads(quiet_forecast(), {{.lead = lead(1), .seen = kNow}});
  const Forecast wide = with_leads(quiet_forecast(), {{.lead = vague, .seen = kNow}});
  EXPECT_LT(sharp.quantiles[5][kUpper], 0.5);
  EXPECT_GT(wide.quantiles[5][kUpper], 1.0);
  EXPECT_LT(wide.quantiles[9][kMedian - 1], sharp.quantiles[10][kMedian - 1]);
}

TEST(WithLeads, what_began_before_the_forecast_is_not_added_again) {
  const Forecast before = quiet_forecast();
  const Forecast after =
      with_leads(before, {{.lead = lead(1), .seen = kNow - std::chrono::seconds(10)}});
  EXPECT_EQ(after.quantiles, before.quantiles);
  EXPECT_TRUE(after.leads.empty());
  EXPECT_EQ(after.model, before.model);
}

TEST(WithLeads, one_run_seen_twice_is_added_once) {
  const Forecast once = with_leads(quiet_forecast(), {{.lead = lead(1), .seen = kNow}});
  const Forecast twice = with_leads(
      quiet_forecast(), {{.lead = lead(1), .seen = kNow},
                         {.lead = lead(1), .seen = kNow + std::chrono::milliseconds(300)}});
  EXPECT_EQ(once.quantiles, twice.quantiles);
  EXPECT_EQ(twice.leads.size(), 1u);
}

TEST(WithLeads, two_commands_add_up) {
  LeadCommand other = lead(1);
  other.signature = "reindex";
  const Forecast after = with_leads(
      quiet_forecast(), {{.lead = lead(1), .seen = kNow}, {.lead = other, .seen = kNow}});
  EXPECT_NEAR(after.quantiles[10][kMedian], 3.1, 0.02);
  EXPECT_EQ(after.leads.size(), 2u);
}

TEST(WithLeads, other_series_and_far_off_loads_change_nothing) {
  LeadCommand elsewhere = lead(1);
  elsewhere.target.workload.cgroup = "/other";
  LeadCommand far = lead(1);
  far.lag_s = 3600;
  const Forecast before = quiet_forecast();
  const Forecast after =
      with_leads(before, {{.lead = elsewhere, .seen = kNow}, {.lead = far, .seen = kNow}});
  EXPECT_EQ(after.quantiles, before.quantiles);
  EXPECT_EQ(after.mean, before.mean);
  EXPECT_TRUE(after.leads.empty());
}

}  // namespace
}  // namespace foreshock::coordinator

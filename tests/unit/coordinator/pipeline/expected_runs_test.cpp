#include "coordinator/pipeline/expected_runs.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = wall_time_from_ms(1'790'000'000'000);
const SeriesKey kShop{{3, "/shop"}, Quantity::cpu_usage};

LeadCommand lead_of(const std::string& signature) {
  LeadCommand lead;
  lead.signature = signature;
  lead.source_host = 3;
  lead.target = kShop;
  lead.lag_s = 30;
  lead.lag_spread_s = 1;
  lead.duration_s = 60;
  lead.precision = 0.9;
  lead.effect = 2;
  lead.effect_quantiles.fill(2);
  return lead;
}

UpcomingCommand run_of(ScheduleSource source, const std::string& command, WallTime time) {
  UpcomingCommand run;
  run.source = source;
  run.command = command;
  run.time = time;
  return run;
}

TEST(ExpectedRuns, names_a_planned_command_as_it_will_be_named_when_it_runs) {
  const std::string as_seen =
      normalise({"nice", "/usr/bin/nightly-export", "--table", "x"}, "").text;
  for (const auto source : {ScheduleSource::crontab, ScheduleSource::systemd_timer}) {
    const auto run = run_of(source, "nice /usr/bin/nightly-export --table x", kNow);
    EXPECT_EQ(signature_of(run, SignatureRules()).text, as_seen);
  }
  const auto renamed = SignatureRules({{"nightly-export*", "", "export"}});
  EXPECT_EQ(
      signature_of(run_of(ScheduleSource::at, "nightly-export --table x", kNow), renamed).text,
      "export");
}

TEST(ExpectedRuns, finds_those_of_leads_within_the_time) {
  const auto cron = run_of(ScheduleSource::crontab, "nightly-export", kNow + 5min);
  const std::vector<UpcomingCommand> upcoming = {
      run_of(ScheduleSource::crontab, "nightly-export", kNow - 1s), cron,
      run_of(ScheduleSource::crontab, "tidy-up", kNow + 6min),
      run_of(ScheduleSource::crontab, "nightly-export", kNow + 2h)};
  const std::vector<LeadCommand> leads = {lead_of("nightly-export")};
  const auto expected = expected_runs(leads, 3, upcoming, {}, kNow, kNow + 10min);
  ASSERT_EQ(expected.size(), 1u);
  EXPECT_EQ(expected[0].seen, kNow + 5min);
  EXPECT_GT(expected[0].lead.lag_spread_s, 1);
  EXPECT_TRUE(expected_runs(leads, 4, upcoming, {}, kNow, kNow + 10min).empty()) << "another host";
}

TEST(ExpectedRuns, move_the_forecast_before_the_command_is_there) {
  Forecast forecast;
  forecast.key = kShop;
  forecast.start = kNow;
  forecast.step = 10s;
  forecast.mean.assign(60, 1.0);
  forecast.quantiles.assign(60, Quantiles{1, 1, 1, 1, 1, 1, 1});
  const auto expected = expected_runs(
      {lead_of("nightly-export")}, 3,
      {run_of(ScheduleSource::crontab, "nightly-export", kNow + 5min)}, {}, kNow, kNow + 10min);
  const auto moved = with_leads(forecast, expected);
  EXPECT_NEAR(moved.quantiles[10][4], 1, 0.01) << "long before";
  EXPECT_NEAR(moved.quantiles[36][4], 3, 0.2) << "a minute after it will have run";
  ASSERT_EQ(moved.leads.size(), 1u);
  EXPECT_EQ(moved.leads[0].expected_onset, kNow + 5min + 30s);
}

}  // namespace
}  // namespace foreshock::coordinator

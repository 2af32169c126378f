#include "agent/schedule/cron_schedule.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/agent/schedule/zone_file.h"

namespace foreshock::agent {
namespace {

CronSchedule schedule(const std::string& fields) {
  const auto parsed = parse_cron_schedule(fields);
  EXPECT_TRUE(parsed) << fields << ": " << (parsed ? "" : parsed.error().message());
  return parsed ? *parsed : CronSchedule();
}

std::optional<TimeZone::Seconds> next(const std::string& fields, TimeZone::Seconds after,
                                      const TimeZone& zone = TimeZone()) {
  return next_run(schedule(fields), zone, after);
}

TimeZone berlin() {
  return *TimeZone::parse(zone_file("CET-1CEST,M3.5.0,M10.5.0/3", 3600));
}

const auto kStart = at(2026, 1, 15, 10, 30);  // a Thursday

TEST(CronSchedule, finds_the_next_run) {
  EXPECT_EQ(next("* * * * *", kStart), at(2026, 1, 15, 10, 31));
  EXPECT_EQ(next("*/5 * * * *", kStart), at(2026, 1, 15, 10, 35));
  EXPECT_EQ(next("30 10 * * *", kStart), at(2026, 1, 16, 10, 30));
  EXPECT_EQ(next("0 3 * * *", kStart), at(2026, 1, 16, 3, 0));
  EXPECT_EQ(next("15 14 1 * *", kStart), at(2026, 2, 1, 14, 15));
  EXPECT_EQ(next("0 22 * * 1-5", kStart), at(2026, 1, 15, 22, 0));
  EXPECT_EQ(next("0 9 * * sat,SUN", kStart), at(2026, 1, 17, 9, 0));
  EXPECT_EQ(next("5 4 * * 7", kStart), at(2026, 1, 18, 4, 5)) << "Sunday is 0 and 7";
  EXPECT_EQ(next("0 0 * * fri-sun", kStart), at(2026, 1, 16, 0, 0));
  EXPECT_EQ(next("0 0 1 jan-mar/2 *", kStart), at(2026, 3, 1, 0, 0));
  EXPECT_EQ(next("10-20/5,50 8 * * *", kStart), at(2026, 1, 16, 8, 10));
  EXPECT_EQ(next("50/3 10 * * *", kStart), at(2026, 1, 15, 10, 50));
  EXPECT_EQ(next("-0 12 * * *", kStart), at(2026, 1, 15, 12, 0)) << "not to be logged";
  EXPECT_EQ(next("0 0 29 2 *", kStart), at(2028, 2, 29, 0, 0));
}

TEST(CronSchedule, knows_nicknames) {
  EXPECT_EQ(next("@hourly", kStart), at(2026, 1, 15, 11, 0));
  EXPECT_EQ(next("@daily", kStart), at(2026, 1, 16, 0, 0));
  EXPECT_EQ(next("@midnight", kStart), at(2026, 1, 16, 0, 0));
  EXPECT_EQ(next("@weekly", kStart), at(2026, 1, 18, 0, 0));
  EXPECT_EQ(next("@monthly", kStart), at(2026, 2, 1, 0, 0));
  EXPECT_EQ(next("@annually", kStart), at(2027, 1, 1, 0, 0));
}

TEST(CronSchedule, takes_either_day_where_both_are_restricted) {
  EXPECT_EQ(next("0 0 13 * fri", kStart), at(2026, 1, 16, 0, 0)) << "a Friday";
  EXPECT_EQ(next("0 0 16 * mon", kStart), at(2026, 1, 16, 0, 0)) << "the 16th";
  EXPECT_EQ(next("0 0 */2 * mon", kStart), at(2026, 1, 19, 0, 0)) << "an odd day and a Monday";
  EXPECT_EQ(next("0 0 13 * *", kStart), at(2026, 2, 13, 0, 0));
}

TEST(CronSchedule, never_runs_on_a_day_that_does_not_exist) {
  EXPECT_EQ(next("0 0 30 2 *", kStart), std::nullopt);
}

TEST(CronSchedule, runs_a_fixed_time_that_was_skipped_at_the_change) {
  // On 2026-03-29 the clock goes from 02:00 to 03:00, at 01:00 UTC.
  const auto before = at(2026, 3, 28, 20, 0);
  EXPECT_EQ(next("30 2 * * *", before, berlin()), at(2026, 3, 29, 1, 0));
  EXPECT_EQ(next("30 2 * * *", at(2026, 3, 29, 1, 0), berlin()), at(2026, 3, 30, 0, 30));
  EXPECT_EQ(next("30 3 * * *", before, berlin()), at(2026, 3, 29, 1, 30));
  EXPECT_EQ(next("30 2 * * mon", before, berlin()), at(2026, 3, 30, 0, 30)) << "not that day";
}

TEST(CronSchedule, runs_a_fixed_time_that_is_repeated_once) {
  // On 2026-10-25 the clock goes from 03:00 back to 02:00, at 01:00 UTC.
  EXPECT_EQ(next("30 2 * * *", at(2026, 10, 24, 20, 0), berlin()), at(2026, 10, 25, 0, 30));
  EXPECT_EQ(next("30 2 * * *", at(2026, 10, 25, 0, 30), berlin()), at(2026, 10, 26, 1, 30));
}

TEST(CronSchedule, of_wildcards_follows_the_clock_on_the_wall) {
  EXPECT_EQ(next("30 * * * *", at(2026, 10, 25, 0, 30), berlin()), at(2026, 10, 25, 1, 30))
      << "02:30 comes twice";
  EXPECT_EQ(next("30 * * * *", at(2026, 3, 29, 0, 30), berlin()), at(2026, 3, 29, 1, 30))
      << "there is no 02:30";
  EXPECT_EQ(next("*/20 2 * * *", at(2026, 3, 29, 0, 0), berlin()), at(2026, 3, 30, 0, 0));
}

TEST(CronSchedule, that_is_wrong_names_the_field) {
  for (const std::string fields :
       {"60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "* * * foo *",
        "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *", ",1 * * * *", "1- * * * *", "x * * * *",
        "1-2-3 * * * *", "*/x * * * *", "99999999999999 * * * *"}) {
    EXPECT_FALSE(parse_cron_schedule(fields)) << fields;
  }
  EXPECT_NE(parse_cron_schedule("* 25 * * *").error().message().find("hour \"25\""),
            std::string::npos);
  EXPECT_FALSE(parse_cron_schedule("* * * *"));
  EXPECT_FALSE(parse_cron_schedule("@often"));
  EXPECT_FALSE(parse_cron_schedule(""));
}

}  // namespace
}  // namespace foreshock::agent

#include "agent/schedule/time_zone.h"

#include <chrono>
#include <ctime>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "tests/unit/agent/schedule/zone_file.h"

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

TEST(TimeZone, without_a_file_is_utc) {
  const TimeZone utc;
  EXPECT_EQ(utc.offset_at(at(2024, 7, 1, 0, 0)), 0s);
  EXPECT_FALSE(utc.next_change(at(2024, 7, 1, 0, 0)));
}

TEST(TimeZone, follows_its_rule_where_the_table_ends) {
  const auto berlin = TimeZone::parse(zone_file("CET-1CEST,M3.5.0,M10.5.0/3", 3600));
  ASSERT_TRUE(berlin) << berlin.error().message();
  EXPECT_EQ(berlin->offset_at(at(2026, 1, 1, 0, 0)), 3600s);
  EXPECT_EQ(berlin->offset_at(at(2026, 7, 1, 0, 0)), 7200s);
  EXPECT_EQ(berlin->next_change(at(2026, 1, 1, 0, 0)), at(2026, 3, 29, 1, 0));
  EXPECT_EQ(berlin->next_change(at(2026, 7, 1, 0, 0)), at(2026, 10, 25, 1, 0));
  EXPECT_EQ(berlin->last_change(at(2026, 7, 1, 0, 0)), at(2026, 3, 29, 1, 0));
}

TEST(TimeZone, knows_rules_of_the_south_and_of_odd_offsets) {
  const auto sydney = TimeZone::parse(zone_file("AEST-10AEDT,M10.1.0,M4.1.0/3", 36000));
  ASSERT_TRUE(sydney);
  EXPECT_EQ(sydney->offset_at(at(2026, 1, 1, 0, 0)), 39600s);
  EXPECT_EQ(sydney->offset_at(at(2026, 7, 1, 0, 0)), 36000s);
  const auto howe = TimeZone::parse(zone_file("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800));
  ASSERT_TRUE(howe);
  EXPECT_EQ(howe->offset_at(at(2026, 1, 1, 0, 0)), 39600s);
  EXPECT_EQ(howe->offset_at(at(2026, 7, 1, 0, 0)), 37800s);
}

TEST(TimeZone, agrees_with_the_c_library_where_zones_are_installed) {
  constexpr const char* kDirectory = "/usr/share/zoneinfo";
  int compared = 0;
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                           "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia"}) {
    const auto zone = TimeZone::read(kDirectory, name);
    if (!zone) continue;
    ::setenv("TZ", name, 1);
    ::tzset();
    for (auto time = at(2000, 1, 1, 0, 0); time < at(2037, 1, 1, 0, 0); time += 97h) {
      const std::time_t seconds = time.time_since_epoch().count();
      std::tm local{};
      ::localtime_r(&seconds, &local);
      ASSERT_EQ(zone->offset_at(time).count(), local.tm_gmtoff) << name << " " << seconds;
    }
    ++compared;
  }
  ::unsetenv("TZ");
  ::tzset();
  if (compared == 0) GTEST_SKIP() << "needs time zones in " << kDirectory;
}

TEST(TimeZone, that_is_no_zone_file_is_refused) {
  for (const std::string& text : {std::string(), std::string("TZif"), std::string(100, 'x'),
                                  std::string("TZif2") + std::string(39, '\xff')}) {
    const auto zone = TimeZone::parse(text);
    ASSERT_FALSE(zone);
    EXPECT_EQ(zone.error().code(), ErrorCode::corrupt);
  }
  EXPECT_FALSE(TimeZone::read("/usr/share/zoneinfo", "../../../etc/passwd"));
  EXPECT_FALSE(TimeZone::read("/usr/share/zoneinfo", "No/Where"));
}

}  // namespace
}  // namespace foreshock::agent

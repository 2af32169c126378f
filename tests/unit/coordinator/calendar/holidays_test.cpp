#include "coordinator/calendar/holidays.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

std::vector<std::string> days_of(const char* country, const char* year) {
  const std::string first = std::string(year) + "-01-01T00:00:00Z";
  const std::string last = std::string(year) + "-12-31T00:00:00Z";
  const auto events = find_holidays(country, {parse_utc(first).value(), parse_utc(last).value()});
  EXPECT_TRUE(events);
  std::vector<std::string> days;
  for (const auto& event : *events) days.push_back(format_utc(event.start).substr(5, 5));
  return days;
}

}  // namespace

TEST(Holidays, of_germany_2026) {
  EXPECT_EQ(days_of("DE", "2026"),
            (std::vector<std::string>{"01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03",
                                      "12-25", "12-26"}));
}

TEST(Holidays, of_the_united_states_2024) {
  EXPECT_EQ(days_of("US", "2024"),
            (std::vector<std::string>{"01-01", "01-15", "02-19", "05-27", "06-19", "07-04", "09-02",
                                      "10-14", "11-11", "11-28", "12-25"}));
}

TEST(Holidays, easter_is_where_it_was) {
  EXPECT_TRUE(std::ranges::count(days_of("FR", "2000"), "04-24"));  // Easter Monday
  EXPECT_TRUE(std::ranges::count(days_of("FR", "2019"), "04-22"));
  EXPECT_TRUE(std::ranges::count(days_of("FR", "2025"), "04-21"));
}

TEST(Holidays, an_unknown_country_names_those_known) {
  const auto events = find_holidays("XX", {});
  ASSERT_FALSE(events);
  EXPECT_NE(events.error().message().find("known are AT BE"), std::string::npos);
}

}  // namespace foreshock::coordinator

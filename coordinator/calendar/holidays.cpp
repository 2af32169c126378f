#include "coordinator/calendar/holidays.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;

enum class Kind : unsigned char {
  fixed,        ///< month, day
  easter,       ///< so many days after Easter Sunday
  nth_weekday,  ///< month, which of the month (-1: the last), weekday (0 Sunday)
};

struct Rule {
  std::string_view countries;  ///< separated by spaces
  const char* name;
  Kind kind;
  int a = 0;
  int b = 0;
  int c = 0;
  int since = 0;  ///< first year
};

constexpr std::array kRules = {
    Rule{"AT BE CA CH DE ES FR GB IT NL PL SE US", "New Year", Kind::fixed, 1, 1},
    Rule{"AT ES IT PL SE", "Epiphany", Kind::fixed, 1, 6},
    Rule{"CA CH DE ES GB SE", "Good Friday", Kind::easter, -2},
    Rule{"AT BE CH DE FR GB IT NL PL SE", "Easter Monday", Kind::easter, 1},
    Rule{"AT BE CH DE FR NL SE", "Ascension", Kind::easter, 39},
    Rule{"AT BE CH DE FR NL", "Whit Monday", Kind::easter, 50},
    Rule{"AT PL", "Corpus Christi", Kind::easter, 60},
    Rule{"AT BE DE ES FR IT PL SE", "Labour Day", Kind::fixed, 5, 1},
    Rule{"NL", "King's Day", Kind::fixed, 4, 27},
    Rule{"IT", "Liberation", Kind::fixed, 4, 25},
    Rule{"PL", "Constitution Day", Kind::fixed, 5, 3},
    Rule{"FR", "Victory in Europe", Kind::fixed, 5, 8},
    Rule{"IT", "Republic Day", Kind::fixed, 6, 2},
    Rule{"SE", "National Day", Kind::fixed, 6, 6},
    Rule{"US", "Juneteenth", Kind::fixed, 6, 19, 0, 2021},
    Rule{"CA", "Canada Day", Kind::fixed, 7, 1},
    Rule{"US", "Independence Day", Kind::fixed, 7, 4},
    Rule{"FR", "Bastille Day", Kind::fixed, 7, 14},
    Rule{"BE", "National Day", Kind::fixed, 7, 21},
    Rule{"CH", "National Day", Kind::fixed, 8, 1},
    Rule{"AT BE ES FR IT PL", "Assumption", Kind::fixed, 8, 15},
    Rule{"CA", "Truth and Reconciliation", Kind::fixed, 9, 30, 0, 2021},
    Rule{"DE", "German Unity", Kind::fixed, 10, 3},
    Rule{"ES", "National Day", Kind::fixed, 10, 12},
    Rule{"AT", "National Day", Kind::fixed, 10, 26},
    Rule{"AT BE ES FR IT PL", "All Saints", Kind::fixed, 11, 1},
    Rule{"BE FR", "Armistice", Kind::fixed, 11, 11},
    Rule{"PL", "Independence Day", Kind::fixed, 11, 11},
    Rule{"US", "Veterans Day", Kind::fixed, 11, 11},
    Rule{"ES", "Constitution Day", Kind::fixed, 12, 6},
    Rule{"AT ES IT", "Immaculate Conception", Kind::fixed, 12, 8},
    Rule{"AT BE CA CH DE ES FR GB IT NL PL SE US", "Christmas", Kind::fixed, 12, 25},
    Rule{"AT CH DE GB IT NL PL SE", "Boxing Day", Kind::fixed, 12, 26},
    Rule{"US", "Martin Luther King", Kind::nth_weekday, 1, 3, 1},
    Rule{"US", "Presidents' Day", Kind::nth_weekday, 2, 3, 1},
    Rule{"GB", "Early May", Kind::nth_weekday, 5, 1, 1},
    Rule{"GB", "Spring", Kind::nth_weekday, 5, -1, 1},
    Rule{"US", "Memorial Day", Kind::nth_weekday, 5, -1, 1},
    Rule{"GB", "Summer", Kind::nth_weekday, 8, -1, 1},
    Rule{"CA US", "Labor Day", Kind::nth_weekday, 9, 1, 1},
    Rule{"US", "Columbus Day", Kind::nth_weekday, 10, 2, 1},
    Rule{"CA", "Thanksgiving", Kind::nth_weekday, 10, 2, 1},
    Rule{"US", "Thanksgiving", Kind::nth_weekday, 11, 4, 4},
};

sys_days easter(int y) {
  const int a = y % 19, b = y / 100, c = y % 100;
  const int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
  const int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
  const int m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return sys_days(year(y) / (n / 31) / (n % 31 + 1));
}

sys_days day_of(const Rule& rule, int y) {
  if (rule.kind == Kind::fixed) return sys_days(year(y) / rule.a / rule.b);
  if (rule.kind == Kind::easter) return easter(y) + days(rule.a);
  const auto month = year(y) / rule.a;
  const std::chrono::weekday weekday(static_cast<unsigned>(rule.c));
  if (rule.b < 0) return sys_days(month / weekday[std::chrono::last]);
  return sys_days(month / weekday[static_cast<unsigned>(rule.b)]);
}

int year_of(WallTime time) {
  return static_cast<int>(std::chrono::year_month_day(std::chrono::floor<days>(time)).year());
}

}  // namespace

std::vector<std::string_view> holiday_countries() {
  return {"AT", "BE", "CA", "CH", "DE", "ES", "FR", "GB", "IT", "NL", "PL", "SE", "US"};
}

Result<std::vector<CalendarEvent>> find_holidays(std::string_view country, TimeSpan span) {
  const auto known = holiday_countries();
  if (std::ranges::find(known, country) == known.end()) {
    return Error(ErrorCode::invalid_argument,
                 fmt::format("holidays of \"{}\" are not known; known are {}", country,
                             fmt::join(known, " ")));
  }
  std::vector<CalendarEvent> events;
  for (int y = year_of(span.from); y <= year_of(span.to); ++y) {
    for (const Rule& rule : kRules) {
      if (rule.countries.find(country) == std::string_view::npos || y < rule.since) continue;
      const sys_days day = day_of(rule, y);
      const CalendarEvent event{WallTime(day), WallTime(day + days(1)), rule.name, 1};
      if (event.end > span.from && event.start < span.to) events.push_back(event);
    }
  }
  std::ranges::stable_sort(events, {}, &CalendarEvent::start);
  return events;
}

}  // namespace foreshock::coordinator

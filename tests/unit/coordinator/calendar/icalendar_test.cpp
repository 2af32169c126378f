#include "coordinator/calendar/icalendar.h"

#include <gtest/gtest.h>

#include "common/text/display.h"

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

WallTime at(const char* text) {
  return parse_utc(text).value();
}

const TimeSpan kNovember{at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")};

std::string calendar(const std::string& lines) {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n" + lines + "END:VCALENDAR\r\n";
}

std::string event(const std::string& lines) {
  return "BEGIN:VEVENT\r\nUID:1\r\n" + lines + "END:VEVENT\r\n";
}

std::vector<CalendarEvent> parse(const std::string& text, TimeSpan span = kNovember) {
  const auto events = parse_icalendar(text, "c.ics", span);
  EXPECT_TRUE(events) << events.error().message();
  return events ? *events : std::vector<CalendarEvent>();
}

std::string error_of(const std::string& text) {
  const auto events = parse_icalendar(text, "c.ics", kNovember);
  return events ? "" : events.error().message();
}

}  // namespace

TEST(ICalendar, reads_an_event) {
  const auto events = parse(calendar(
      event("DTSTART:20261121T090000Z\r\nDTEND:20261121T103000Z\r\nSUMMARY:Big\r\n  sale\r\n")));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].start, at("2026-11-21T09:00:00Z"));
  EXPECT_EQ(events[0].end, at("2026-11-21T10:30:00Z"));
  EXPECT_EQ(events[0].name, "Big sale");
}

TEST(ICalendar, follows_a_rule_and_leaves_out_what_it_excepts) {
  const auto events = parse(
      calendar(event("DTSTART:20260105T080000Z\r\nDURATION:PT2H\r\nRRULE:FREQ=WEEKLY;BYDAY=MO\r\n"
                     "EXDATE:20261109T080000Z\r\n")));
  ASSERT_EQ(events.size(), 4U);  // five Mondays, one of them excepted
  EXPECT_EQ(events[0].start, at("2026-11-02T08:00:00Z"));
  EXPECT_EQ(events[1].start, at("2026-11-16T08:00:00Z"));
  EXPECT_EQ(events[1].end - events[1].start, 2h);
}

TEST(ICalendar, moves_the_instance_that_was_moved) {
  const auto events = parse(calendar(
      event("DTSTART:20261102T080000Z\r\nDTEND:20261102T090000Z\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\n") +
      event("RECURRENCE-ID:20261109T080000Z\r\nDTSTART:20261110T120000Z\r\n"
            "DTEND:20261110T130000Z\r\n")));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1].start, at("2026-11-10T12:00:00Z"));
}

TEST(ICalendar, knows_time_zones_and_whole_days) {
  const std::string zone =
      "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"
      "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
      "END:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\n"
      "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
      "END:DAYLIGHT\r\nEND:VTIMEZONE\r\n";
  const auto events =
      parse(calendar(zone + event("DTSTART;TZID=Europe/Berlin:20261121T090000\r\n") +
                     event("DTSTART;VALUE=DATE:20261122\r\n")));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].start, at("2026-11-21T08:00:00Z"));
  EXPECT_EQ(events[0].end, at("2026-11-21T09:00:00Z"));
  EXPECT_EQ(events[1].start, at("2026-11-22T00:00:00Z"));
  EXPECT_EQ(events[1].end, at("2026-11-23T00:00:00Z"));
}

TEST(ICalendar, leaves_out_what_is_cancelled_or_elsewhere_in_time) {
  EXPECT_TRUE(parse(calendar(event("DTSTART:20261121T090000Z\r\nSTATUS:CANCELLED\r\n") +
                             event("DTSTART:20251121T090000Z\r\n")))
                  .empty());
}

TEST(ICalendar, what_ends_after_all_time_ends_with_it) {
  const auto events =
      parse(calendar(event("DTSTART:20261121T090000Z\r\nDTEND:81441121T090000Z\r\n")));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_GT(events[0].end, at("2200-01-01T00:00:00Z"));
}

TEST(ICalendar, errors_name_file_and_line) {
  EXPECT_EQ(error_of("hello"), "c.ics:1: expected NAME:VALUE");
  EXPECT_EQ(error_of("VERSION:2.0\r\n"), "c.ics:1: expected BEGIN:VCALENDAR");
  EXPECT_EQ(error_of("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n"),
            "c.ics:3: END:VCALENDAR inside of VEVENT");
  EXPECT_EQ(error_of("BEGIN:VCALENDAR\r\n"), "c.ics:1: no END:VCALENDAR");
  EXPECT_EQ(error_of(calendar(event("DTSTART:tomorrow\r\n"))),
            "c.ics:6: DTSTART: expected a time like 20261121T090000Z, got \"tomorrow\"");
  EXPECT_EQ(error_of(calendar(event("DTSTART:20261121T090000Z\r\nRRULE:OFTEN\r\n"))),
            "c.ics:7: RRULE: expected a rule like FREQ=WEEKLY;BYDAY=MO, got \"OFTEN\"");
}

TEST(ICalendar, refuses_a_rule_without_measure) {
  EXPECT_NE(error_of(calendar(event("DTSTART:19700101T000000Z\r\nRRULE:FREQ=SECONDLY\r\n")))
                .find("too many events"),
            std::string::npos);
}

}  // namespace foreshock::coordinator

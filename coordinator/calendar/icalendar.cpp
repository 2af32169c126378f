#include "coordinator/calendar/icalendar.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <libical/ical.h>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostEvents = 100'000;
// Steps of a rule, those before the span included: some name a second since 1970.
constexpr std::size_t kMostSteps = 200'000;
constexpr std::int64_t kSecond = 1'000'000'000;

using Component = std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)>;
using RecurIterator = std::unique_ptr<icalrecur_iterator, decltype(&icalrecur_iterator_free)>;
/// Of an event and an instance of it, seconds since 1970.
using Instance = std::pair<std::string, std::int64_t>;

/// A year beyond 2262 is as good as the last one that there is.
WallTime to_wall(std::int64_t seconds) {
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max() / kSecond;
  return wall_time_from_ns(std::clamp(seconds, -kLast, kLast) * kSecond);
}

std::int64_t to_seconds(icaltimetype time) {
  return icaltime_as_timet_with_zone(time, time.zone);
}

Error error_at(const std::string& name, std::size_t line, const std::string& what) {
  return {ErrorCode::invalid_argument, fmt::format("{}:{}: {}", name, line, what)};
}

/// A content line with the lines that continue it, and where it began.
struct ContentLine {
  std::size_t number = 0;
  std::string text;
};

std::vector<ContentLine> unfold(std::string_view text) {
  std::vector<ContentLine> lines;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const bool continues = line.front() == ' ' || line.front() == '\t';
    if (continues && !lines.empty()) {
      lines.back().text += line.substr(1);
    } else {
      lines.push_back({number, std::string(line)});
    }
  }
  return lines;
}

std::string to_upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](unsigned char letter) {
    return static_cast<char>(std::toupper(letter));
  });
  return upper;
}

/// Where the value begins: behind the first colon that is not inside quotes.
std::size_t find_value(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (line[i] == ':' && !quoted) return i + 1;
  }
  return std::string_view::npos;
}

/// What is wrong with one line, empty: nothing. `open` are the components that it is in.
std::string problem_of(std::string_view line, std::vector<std::string>& open) {
  const std::size_t value_at = find_value(line);
  if (value_at == std::string_view::npos) return "expected NAME:VALUE";
  const std::string property = to_upper(line.substr(0, line.find_first_of(";:")));
  const std::string value(line.substr(value_at));
  if (open.empty() && !(property == "BEGIN" && to_upper(value) == "VCALENDAR"))
    return "expected BEGIN:VCALENDAR";
  if (property == "BEGIN") {
    open.push_back(to_upper(value));
  } else if (property == "END") {
    if (open.back() != to_upper(value))
      return fmt::format("END:{} inside of {}", make_printable(value), make_printable(open.back()));
    open.pop_back();
  } else if (property == "DTSTART" || property == "DTEND") {
    if (icaltime_is_null_time(icaltime_from_string(value.c_str())))
      return fmt::format("{}: expected a time like 20261121T090000Z, got \"{}\"", property,
                         cut_to_width(make_printable(value), 60));
  } else if (property == "RRULE" && open.back() == "VEVENT") {
    if (icalrecurrencetype_from_string(value.c_str()).freq == ICAL_NO_RECURRENCE)
      return fmt::format("RRULE: expected a rule like FREQ=WEEKLY;BYDAY=MO, got \"{}\"",
                         cut_to_width(make_printable(value), 60));
  }
  return "";
}

Result<void> check_lines(const std::string& text, const std::string& name) {
  std::vector<std::string> open;
  std::size_t last = 1;
  for (const ContentLine& line : unfold(text)) {
    last = line.number;
    if (const auto problem = problem_of(line.text, open); !problem.empty())
      return error_at(name, line.number, problem);
  }
  if (!open.empty())
    return error_at(name, last, fmt::format("no END:{}", make_printable(open.back())));
  return {};
}

// Collected first: a component remembers one place in its list, and asking for a time moves it.
std::vector<icalproperty*> properties_of(icalcomponent* event, icalproperty_kind kind) {
  std::vector<icalproperty*> all;
  for (auto* one = icalcomponent_get_first_property(event, kind); one != nullptr;
       one = icalcomponent_get_next_property(event, kind))
    all.push_back(one);
  return all;
}

std::vector<icalcomponent*> components_of(icalcomponent* parent, icalcomponent_kind kind) {
  std::vector<icalcomponent*> all;
  for (auto* one = icalcomponent_get_first_component(parent, kind); one != nullptr;
       one = icalcomponent_get_next_component(parent, kind))
    all.push_back(one);
  return all;
}

std::string uid_of(icalcomponent* event) {
  const char* uid = icalcomponent_get_uid(event);
  return uid == nullptr ? "" : uid;
}

/// Instances that another component of the calendar moved, or an EXDATE took away.
std::set<Instance> find_replaced(icalcomponent* calendar) {
  std::set<Instance> replaced;
  for (auto* event : components_of(calendar, ICAL_VEVENT_COMPONENT)) {
    const icaltimetype moved = icalcomponent_get_recurrenceid(event);
    if (!icaltime_is_null_time(moved)) replaced.insert({uid_of(event), to_seconds(moved)});
    for (auto* property : properties_of(event, ICAL_EXDATE_PROPERTY)) {
      const icaltimetype left_out = icalproperty_get_datetime_with_component(property, event);
      if (!icaltime_is_null_time(left_out)) replaced.insert({uid_of(event), to_seconds(left_out)});
    }
  }
  return replaced;
}

/// When the instances of an event start that end after `from` and start before `to`; absent where
/// its rule does not come to an end.
std::optional<std::vector<std::int64_t>> find_starts(icalcomponent* event, icaltimetype first,
                                                     std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> starts;
  auto* rule = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
  if (rule == nullptr) {
    starts.push_back(to_seconds(first));
  } else {
    const icalrecurrencetype recurrence = icalproperty_get_rrule(rule);
    const RecurIterator next(icalrecur_iterator_new(recurrence, first), &icalrecur_iterator_free);
    for (std::size_t step = 0; next != nullptr; ++step) {
      if (step > kMostSteps) return std::nullopt;
      icaltimetype instance = icalrecur_iterator_next(next.get());
      if (icaltime_is_null_time(instance)) break;
      instance.zone = first.zone;
      const std::int64_t start = to_seconds(instance);
      if (start >= to) break;
      if (start > from) starts.push_back(start);
    }
  }
  for (auto* property : properties_of(event, ICAL_RDATE_PROPERTY)) {
    icaltimetype added = icalproperty_get_rdate(property).time;
    if (icaltime_is_null_time(added)) continue;
    added.zone = first.zone;
    starts.push_back(to_seconds(added));
  }
  return starts;
}

std::int64_t length_of(icalcomponent* event, icaltimetype first) {
  const icaltimetype end = icalcomponent_get_dtend(event);
  const std::int64_t length = icaltime_is_null_time(end) ? 0 : to_seconds(end) - to_seconds(first);
  if (length > 0) return length;
  return first.is_date != 0 ? 24 * 3600 : 3600;
}

Result<void> add_events(icalcomponent* event, const std::set<Instance>& replaced,
                        const std::string& name, TimeSpan span,
                        std::vector<CalendarEvent>& events) {
  const icaltimetype first = icalcomponent_get_dtstart(event);
  if (icaltime_is_null_time(first) || icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED)
    return {};
  const char* words = icalcomponent_get_summary(event);
  const std::string summary = words == nullptr ? "" : words;
  const std::int64_t length = length_of(event, first);
  const std::int64_t from = to_ns(span.from) / kSecond - length;
  const std::int64_t to = to_ns(span.to) / kSecond;
  const auto starts = find_starts(event, first, from, to);
  if (!starts)
    return error_at(name, 1,
                    fmt::format("the rule of \"{}\" gives too many events",
                                cut_to_width(make_printable(summary), 60)));
  const bool is_moved = !icaltime_is_null_time(icalcomponent_get_recurrenceid(event));
  for (const std::int64_t start : *starts) {
    if (start <= from || start >= to) continue;
    if (!is_moved && replaced.contains({uid_of(event), start})) continue;
    if (events.size() >= kMostEvents)
      return error_at(name, 1, fmt::format("more than {} events", kMostEvents));
    events.push_back({to_wall(start), to_wall(start + length), summary, 1});
  }
  return {};
}

}  // namespace

Result<std::vector<CalendarEvent>> parse_icalendar(const std::string& text, const std::string& name,
                                                   TimeSpan span) {
  FS_CHECK(check_lines(text, name));
  std::vector<CalendarEvent> events;
  const Component root(icalparser_parse_string(text.c_str()), &icalcomponent_free);
  if (root == nullptr) return error_at(name, 1, "no calendar");
  std::vector<icalcomponent*> calendars;
  if (icalcomponent_isa(root.get()) == ICAL_VCALENDAR_COMPONENT) {
    calendars.push_back(root.get());
  } else {
    calendars = components_of(root.get(), ICAL_VCALENDAR_COMPONENT);
  }
  for (auto* calendar : calendars) {
    const auto replaced = find_replaced(calendar);
    for (auto* event : components_of(calendar, ICAL_VEVENT_COMPONENT))
      FS_CHECK(add_events(event, replaced, name, span, events));
  }
  std::ranges::stable_sort(events, {}, &CalendarEvent::start);
  return events;
}

}  // namespace foreshock::coordinator

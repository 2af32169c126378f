#include "coordinator/calendar/feed.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::size_t line_of(const std::string& text, std::size_t offset) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

Error error_at(const std::string& name, std::size_t line, const std::string& what) {
  return {ErrorCode::invalid_argument, fmt::format("{}:{}: {}", name, line, what)};
}

Error error_of_item(const std::string& name, std::size_t item, std::string_view time) {
  return {ErrorCode::invalid_argument,
          fmt::format("{}: item {}: expected a time, got \"{}\"", name, item + 1,
                      cut_to_width(make_printable(time), 60))};
}

/// Takes a number of exactly so many digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + digits, number);
  if (problem != std::errc() || end != text.data() + digits || number < 0) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char letter) {
  if (text.empty() || text.front() != letter) return false;
  text.remove_prefix(1);
  return true;
}

/// "Z", "GMT", "UT", "+0100", "+01:00".
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z" || text == "GMT" || text == "UT" || text == "UTC")
    return std::chrono::minutes(0);
  const bool is_west = text.starts_with('-');
  if (!is_west && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  take(text, ':');
  const auto minutes = take_number(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes offset(*hours * 60 + *minutes);
  return is_west ? -offset : offset;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// RFC 3339 or RFC 822, whatever the feed's kind: feeds mix them up.
std::optional<WallTime> parse_time(std::string_view text) {
  text = trim(text);
  if (const auto time = parse_rfc3339(text)) return time;
  return parse_rfc822(text);
}

Result<std::vector<WallTime>> parse_json_feed(const std::string& text, const std::string& name) {
  nlohmann::json feed;
  try {
    feed = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& problem) {
    return error_at(name, line_of(text, problem.byte), "not JSON");
  } catch (const nlohmann::json::out_of_range&) {
    return error_at(name, 1, "has a number that is too large");
  }
  if (!feed.is_object() || !feed.contains("items") || !feed.at("items").is_array())
    return error_at(name, 1, "no JSON feed: expected an object with \"items\"");
  std::vector<WallTime> times;
  std::size_t number = 0;
  for (const auto& item : feed.at("items")) {
    const std::size_t here = number++;
    for (const char* key : {"date_published", "date_modified"}) {
      if (!item.is_object() || !item.contains(key) || !item.at(key).is_string()) continue;
      const auto& written = item.at(key).get_ref<const std::string&>();
      const auto time = parse_time(written);
      if (!time) return error_of_item(name, here, written);
      times.push_back(*time);
      break;
    }
  }
  return times;
}

std::string_view time_of_item(const pugi::xml_node& item) {
  for (const char* key : {"pubDate", "published", "updated", "dc:date"}) {
    const std::string_view written = item.child_value(key);
    if (!written.empty()) return written;
  }
  return {};
}

Result<std::vector<WallTime>> parse_xml_feed(const std::string& text, const std::string& name) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(text.data(), text.size());
  if (!parsed) {
    return error_at(
        name, line_of(text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0))),
        parsed.description());
  }
  const auto root = document.document_element();
  const std::string_view kind = root.name();
  if (kind != "rss" && kind != "feed" && kind != "rdf:RDF")
    return error_at(name, 1,
                    fmt::format("no feed: expected <rss>, <feed> or <rdf:RDF>, got <{}>",
                                cut_to_width(make_printable(kind), 60)));
  const auto parent = kind == "rss" ? root.child("channel") : root;
  std::vector<WallTime> times;
  std::size_t number = 0;
  for (const auto& item : parent.children(kind == "feed" ? "entry" : "item")) {
    const std::size_t here = number++;
    const auto written = time_of_item(item);
    if (written.empty()) continue;
    const auto time = parse_time(written);
    if (!time) return error_of_item(name, here, written);
    times.push_back(*time);
  }
  return times;
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  const auto clock = text.find_first_of("Tt ");
  if (clock == std::string_view::npos) return std::nullopt;
  const auto zone = text.find_first_of("Zz+-", clock);
  if (zone == std::string_view::npos) return std::nullopt;
  const auto local = parse_utc(text.substr(0, zone));
  const auto offset = parse_offset(text.substr(zone));
  if (!local || !offset) return std::nullopt;
  return *local - *offset;
}

std::optional<WallTime> parse_rfc822(std::string_view text) {
  if (const auto comma = text.find(','); comma != std::string_view::npos)
    text = trim(text.substr(comma + 1));
  const bool has_two_digits = text.size() > 1 && std::isdigit(static_cast<unsigned char>(text[1]));
  const auto day = take_number(text, has_two_digits ? 2 : 1);
  if (!day || !take(text, ' ') || text.size() < 4) return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(0, 3)) - kMonths.begin();
  text.remove_prefix(3);
  if (month == 12 || !take(text, ' ')) return std::nullopt;
  const auto year = take_number(text, 4);
  if (!year || !take(text, ' ')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute) return std::nullopt;
  std::optional<int> second = 0;
  if (take(text, ':')) second = take_number(text, 2);
  if (!second || !take(text, ' ')) return std::nullopt;
  const auto offset = parse_offset(text);
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(month + 1)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  // Nanoseconds since 1970 end in 2262.
  if (*year < 1678 || *year > 2261) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) - *offset;
}

Result<std::vector<WallTime>> parse_feed(const std::string& text, const std::string& name) {
  const auto begin = trim(text);
  if (begin.empty()) return error_at(name, 1, "empty, expected a feed");
  FS_TRY(auto times,
         begin.front() == '{' ? parse_json_feed(text, name) : parse_xml_feed(text, name));
  std::ranges::sort(times);
  return times;
}

}  // namespace foreshock::coordinator

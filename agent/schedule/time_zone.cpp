#include "agent/schedule/time_zone.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/os/file.h"

namespace foreshock::agent {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;
constexpr std::size_t kHeaderBytes = 44;
constexpr int kLastYear = 2100;
constexpr std::int64_t kLongestOffset = std::int64_t{26} * 3600;

/// Big-endian numbers out of the file.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool has(std::size_t count) const { return bytes_.size() >= count; }
  std::int64_t number(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(static_cast<std::size_t>(bytes));
    if (bytes == 4) return static_cast<std::int32_t>(value);
    return static_cast<std::int64_t>(value);
  }
  void skip(std::size_t count) { bytes_.remove_prefix(count); }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

struct Header {
  std::uint64_t utc_flags, standard_flags, leaps, times, types, name_bytes;

  std::uint64_t data_bytes(std::uint64_t time_bytes) const {
    return times * time_bytes + times + types * 6 + name_bytes + leaps * (time_bytes + 4) +
           standard_flags + utc_flags;
  }
};

std::optional<Header> read_header(Reader& reader) {
  if (!reader.has(kHeaderBytes) || !reader.rest().starts_with("TZif")) return std::nullopt;
  reader.skip(20);
  Header header{};
  for (auto* count : {&header.utc_flags, &header.standard_flags, &header.leaps, &header.times,
                      &header.types, &header.name_bytes}) {
    *count = static_cast<std::uint32_t>(reader.number(4));
    if (*count > 100'000) return std::nullopt;
  }
  return header;
}

/// A rule of the form "CET-1CEST,M3.5.0,M10.5.0/3", piece by piece.
class Rule {
 public:
  explicit Rule(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool skip(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool skip_name() {
    if (skip('<')) {
      const auto close = text_.find('>');
      if (close == std::string_view::npos) return false;
      text_.remove_prefix(close + 1);
      return true;
    }
    const auto end = std::ranges::find_if_not(
        text_, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
    const auto length = static_cast<std::size_t>(end - text_.begin());
    text_.remove_prefix(length);
    return length >= 3;
  }
  std::optional<int> number() {
    int value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0 || value > 1000) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }
  /// [+-]hh[:mm[:ss]]
  std::optional<seconds> time() {
    const bool negative = skip('-');
    if (!negative) skip('+');
    const auto hour = number();
    if (!hour || *hour > 167) return std::nullopt;
    seconds value = hours(*hour);
    if (skip(':')) {
      const auto minute = number();
      if (!minute || *minute > 59) return std::nullopt;
      value += minutes(*minute);
      if (skip(':')) {
        const auto second = number();
        if (!second || *second > 59) return std::nullopt;
        value += seconds(*second);
      }
    }
    return negative ? -value : value;
  }

 private:
  std::string_view text_;
};

/// "M3.5.0/2", "J60", "59": a day of each year and a time on it.
struct RuleDay {
  enum class Kind { month, julian, zero_based } kind = Kind::month;
  int month = 1, week = 1, weekday = 0, day = 0;
  seconds time = hours(2);

  static std::optional<RuleDay> parse(Rule& rule) {
    RuleDay parsed;
    if (rule.skip('M')) {
      const auto month = rule.number();
      if (!month || !rule.skip('.')) return std::nullopt;
      const auto week = rule.number();
      if (!week || !rule.skip('.')) return std::nullopt;
      const auto weekday = rule.number();
      if (!weekday || *month < 1 || *month > 12 || *week < 1 || *week > 5 || *weekday > 6)
        return std::nullopt;
      parsed.month = *month;
      parsed.week = *week;
      parsed.weekday = *weekday;
    } else {
      parsed.kind = rule.skip('J') ? Kind::julian : Kind::zero_based;
      const auto day = rule.number();
      if (!day || *day > 365) return std::nullopt;
      parsed.day = *day;
    }
    if (rule.skip('/')) {
      const auto time = rule.time();
      if (!time) return std::nullopt;
      parsed.time = *time;
    }
    return parsed;
  }

  /// The local time of the change.
  sys_seconds in(int number) const {
    const std::chrono::year year(number);
    if (kind == Kind::month) {
      const std::chrono::weekday wanted(static_cast<unsigned>(weekday));
      const auto in_month = year / std::chrono::month(static_cast<unsigned>(month));
      if (week == 5) return sys_days(in_month / wanted[std::chrono::last]) + time;
      return sys_days(in_month / wanted[static_cast<unsigned>(week)]) + time;
    }
    const auto first = sys_days(year / std::chrono::January / 1);
    int days = day;
    // The Julian form never counts February 29.
    if (kind == Kind::julian) days = day - 1 + (year.is_leap() && day >= 60 ? 1 : 0);
    return first + std::chrono::days(days) + time;
  }
};

}  // namespace

TimeZone::TimeZone() = default;

Result<TimeZone> TimeZone::parse(std::string_view tzif) {
  const Error corrupt(ErrorCode::corrupt, "not a compiled time zone");
  Reader reader(tzif);
  auto header = read_header(reader);
  if (!header || tzif.size() < 5) return corrupt;
  // From version 2 on the file has everything twice, the second time with 64 bits.
  const bool twice = tzif[4] >= '2';
  int time_bytes = 4;
  if (twice) {
    if (!reader.has(header->data_bytes(4))) return corrupt;
    reader.skip(header->data_bytes(4));
    header = read_header(reader);
    if (!header) return corrupt;
    time_bytes = 8;
  }
  if (header->types == 0 || !reader.has(header->data_bytes(static_cast<std::uint64_t>(time_bytes))))
    return corrupt;

  std::vector<std::int64_t> times;
  for (std::uint64_t i = 0; i < header->times; ++i) times.push_back(reader.number(time_bytes));
  std::vector<std::size_t> types;
  for (std::uint64_t i = 0; i < header->times; ++i)
    types.push_back(static_cast<std::size_t>(reader.number(1)) & 0xff);
  std::vector<seconds> offsets;
  for (std::uint64_t i = 0; i < header->types; ++i) {
    offsets.emplace_back(reader.number(4));
    reader.skip(2);
  }
  TimeZone zone;
  for (const auto offset : offsets) {
    if (offset.count() < -kLongestOffset || offset.count() > kLongestOffset) return corrupt;
  }
  zone.first_offset_ = offsets.front();
  for (std::size_t i = 0; i < times.size(); ++i) {
    constexpr std::int64_t kFarPast = -(std::int64_t{1} << 40);
    constexpr std::int64_t kFarFuture = std::int64_t{1} << 40;
    if (types[i] >= offsets.size()) return corrupt;
    if (i > 0 && times[i] <= times[i - 1]) return corrupt;
    if (times[i] > kFarFuture) return corrupt;
    zone.changes_.push_back(
        {sys_seconds(seconds(std::max(times[i], kFarPast))), offsets[types[i]]});
  }
  reader.skip(header->data_bytes(static_cast<std::uint64_t>(time_bytes)) -
              header->times * (static_cast<std::uint64_t>(time_bytes) + 1) - header->types * 6);
  auto footer = reader.rest();
  if (twice && footer.starts_with('\n')) {
    footer.remove_prefix(1);
    zone.add_changes_of_rule(footer.substr(0, footer.find('\n')));
  }
  return zone;
}

/// A rule that is not understood adds nothing: the last offset of the table stays.
void TimeZone::add_changes_of_rule(std::string_view text) {
  Rule rule(text);
  if (!rule.skip_name()) return;
  const auto west = rule.time();  // POSIX counts westwards
  if (!west || rule.at_end() || !rule.skip_name()) return;
  const seconds standard = -*west;
  seconds daylight = standard + hours(1);
  if (!rule.skip(',')) {
    const auto daylight_west = rule.time();
    if (!daylight_west || !rule.skip(',')) return;
    daylight = -*daylight_west;
  }
  const auto begin = RuleDay::parse(rule);
  if (!begin || !rule.skip(',')) return;
  const auto end = RuleDay::parse(rule);
  if (!end || !rule.at_end()) return;

  const auto known_until = changes_.empty() ? sys_seconds(sys_days(std::chrono::year(1970) / 1 / 1))
                                            : changes_.back().at;
  const int first_year = static_cast<int>(
      std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(known_until)).year());
  std::vector<Change> ruled;
  for (int year = std::max(first_year, 1970); year <= kLastYear; ++year) {
    ruled.push_back({begin->in(year)-standard, daylight});
    ruled.push_back({end->in(year)-daylight, standard});
  }
  std::ranges::sort(ruled, {}, &Change::at);
  for (const auto& change : ruled) {
    if (changes_.empty() || change.at > changes_.back().at) changes_.push_back(change);
  }
}

Result<TimeZone> TimeZone::read(const std::string& zone_directory, const std::string& name) {
  if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos)
    return Error(ErrorCode::invalid_argument, "time zone \"" + name + "\": not a zone's name");
  FS_TRY(const auto bytes, read_file(zone_directory + "/" + name, kMaxFileBytes));
  auto zone = parse(bytes);
  return zone ? zone : zone.error().in("time zone " + name);
}

seconds TimeZone::offset_at(Seconds time) const {
  const auto next = std::ranges::upper_bound(changes_, time, {}, &Change::at);
  return next == changes_.begin() ? first_offset_ : std::prev(next)->offset;
}

std::optional<TimeZone::Seconds> TimeZone::next_change(Seconds time) const {
  const auto next = std::ranges::upper_bound(changes_, time, {}, &Change::at);
  return next == changes_.end() ? std::nullopt : std::optional(next->at);
}

std::optional<TimeZone::Seconds> TimeZone::last_change(Seconds time) const {
  const auto next = std::ranges::upper_bound(changes_, time, {}, &Change::at);
  return next == changes_.begin() ? std::nullopt : std::optional(std::prev(next)->at);
}

}  // namespace foreshock::agent

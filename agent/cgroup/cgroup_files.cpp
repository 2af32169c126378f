#include "agent/cgroup/cgroup_files.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace foreshock::agent {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// v1 shows "no limit" as LONG_MAX rounded down to a page, and pages are at most 64 KiB.
constexpr std::uint64_t kV1Unlimited = (std::uint64_t{1} << 63) - 65536;

constexpr std::uint64_t kMaxNanoseconds = std::numeric_limits<Nanoseconds::rep>::max();

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<Nanoseconds> to_nanoseconds(std::optional<std::uint64_t> count, std::uint64_t unit) {
  if (!count || *count > kMaxNanoseconds / unit) return std::nullopt;
  return Nanoseconds(static_cast<Nanoseconds::rep>(*count * unit));
}

// a * b / divisor, rounded to the nearest; nullopt when it does not fit.
std::optional<std::uint64_t> scale(std::uint64_t a, std::uint64_t b, std::uint64_t divisor) {
  if (b != 0 && a > (std::numeric_limits<std::uint64_t>::max() - divisor / 2) / b)
    return std::nullopt;
  return (a * b + divisor / 2) / divisor;
}

}  // namespace

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

std::optional<std::uint64_t> parse_count(std::string_view text) {
  const std::string_view digits = trim(text);
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return count;
}

std::optional<Nanoseconds> parse_nanoseconds(std::string_view text) {
  return to_nanoseconds(parse_count(text), 1);
}

std::optional<std::uint64_t> parse_keyed_count(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return parse_count(line.substr(key.size() + 1));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

std::optional<std::optional<Bytes>> parse_memory_limit(std::string_view text) {
  const std::optional<Bytes> unlimited;
  if (trim(text) == "max" || trim(text) == "-1") return unlimited;
  const std::optional<std::uint64_t> bytes = parse_count(text);
  if (!bytes) return std::nullopt;
  if (*bytes >= kV1Unlimited) return unlimited;
  return Bytes{*bytes};
}

CpuStat parse_cpu_stat(std::string_view text) {
  CpuStat stat;
  stat.usage = to_nanoseconds(parse_keyed_count(text, "usage_usec"), 1000);
  stat.throttled = to_nanoseconds(parse_keyed_count(text, "throttled_usec"), 1000);
  if (!stat.throttled)
    stat.throttled = to_nanoseconds(parse_keyed_count(text, "throttled_time"), 1);
  stat.throttled_periods = parse_keyed_count(text, "nr_throttled");
  return stat;
}

std::optional<std::uint64_t> CpuBandwidth::millicores() const {
  if (!quota_usec || period_usec == 0) return std::nullopt;
  return scale(*quota_usec, 1000, period_usec);
}

std::optional<CpuBandwidth> parse_cpu_max(std::string_view text) {
  const std::vector<std::string_view> words = split_words(text);
  if (words.size() != 2) return std::nullopt;
  return parse_cfs(words[0] == "max" ? "-1" : words[0], words[1]);
}

bool is_no_quota(std::string_view cfs_quota) {
  return trim(cfs_quota) == "-1";
}

std::optional<CpuBandwidth> parse_cfs(std::string_view quota, std::string_view period) {
  const std::optional<std::uint64_t> period_usec = parse_count(period);
  if (!period_usec || *period_usec == 0) return std::nullopt;
  CpuBandwidth bandwidth{std::nullopt, *period_usec};
  if (is_no_quota(quota)) return bandwidth;
  bandwidth.quota_usec = parse_count(quota);
  // A quota too big to be counted in thousandths of a core is no quota that a kernel gives.
  if (!bandwidth.millicores()) return std::nullopt;
  return bandwidth;
}

std::optional<std::uint64_t> quota_usec_for(std::uint64_t millicores, std::uint64_t period_usec) {
  return scale(millicores, period_usec, 1000);
}

std::uint64_t shares_of_weight(std::uint64_t weight) {
  const std::uint64_t bounded = std::clamp<std::uint64_t>(weight, 1, 10000);
  return (bounded * 1024 + 50) / 100;
}

std::uint64_t weight_of_shares(std::uint64_t shares) {
  const std::uint64_t bounded = std::clamp<std::uint64_t>(shares, 2, 262144);
  return std::clamp<std::uint64_t>((bounded * 100 + 512) / 1024, 1, 10000);
}

std::optional<Bytes> parse_inactive_file(std::string_view memory_stat) {
  std::optional<std::uint64_t> bytes = parse_keyed_count(memory_stat, "total_inactive_file");
  if (!bytes) bytes = parse_keyed_count(memory_stat, "inactive_file");
  if (!bytes) return std::nullopt;
  return Bytes{*bytes};
}

Bytes working_set(Bytes current, Bytes inactive_file) {
  // The two are read one after the other, so the cache may be larger than the total was.
  return Bytes{current.count - std::min(current.count, inactive_file.count)};
}

std::optional<Nanoseconds> parse_pressure_some_total(std::string_view text) {
  for (const std::string_view line : split_at(text, '\n')) {
    if (!line.starts_with("some ")) continue;
    for (const std::string_view word : split_words(line)) {
      if (word.starts_with("total=")) return to_nanoseconds(parse_count(word.substr(6)), 1000);
    }
  }
  return std::nullopt;
}

}  // namespace foreshock::agent

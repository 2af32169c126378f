#include "agent/schedule/at_jobs.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace foreshock::agent {

namespace {

constexpr std::size_t kNameBytes = 1 + 5 + 8;

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trim_lines(std::string_view text) {
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::optional<AtJobName> parse_at_job_name(std::string_view name) {
  if (name.size() != kNameBytes) return std::nullopt;
  const char queue = name.front();
  if (!((queue >= 'a' && queue <= 'z') || (queue >= 'A' && queue <= 'Z'))) return std::nullopt;
  const auto number = parse_hex(name.substr(1, 5));
  const auto minutes = parse_hex(name.substr(6));
  if (!number || !minutes) return std::nullopt;
  return AtJobName{queue, *number, TimeZone::Seconds(std::chrono::minutes(*minutes))};
}

std::string parse_at_job_command(std::string_view script) {
  // cd /where || {\n\t echo 'Execution directory inaccessible' >&2\n\t exit 1\n}
  constexpr std::string_view kEndOfHead = "exit 1\n}\n";
  if (const auto head = script.find(kEndOfHead); head != std::string_view::npos)
    script.remove_prefix(head + kEndOfHead.size());
  script = trim_lines(script);
  // ${SHELL:-/bin/sh} << 'marcinDELIMITER1234abcd'\n…\nmarcinDELIMITER1234abcd
  if (script.starts_with("${SHELL")) {
    const auto quote = script.find("<< '");
    const auto line_end = script.find('\n');
    if (quote < line_end && line_end != std::string_view::npos) {
      const auto begin = quote + 4;
      const auto delimiter = script.substr(begin, script.find('\'', begin) - begin);
      script = script.substr(line_end + 1);
      if (!delimiter.empty() && script.ends_with(delimiter)) script.remove_suffix(delimiter.size());
    }
  }
  return std::string(trim_lines(script));
}

}  // namespace foreshock::agent

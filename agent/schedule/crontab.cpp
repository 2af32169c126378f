#include "agent/schedule/crontab.h"

#include <algorithm>

namespace foreshock::agent {

namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  while (!text.empty() &&
         (kBlank.find(text.back()) != std::string_view::npos || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

/// The first `count` words with what is between them, taken off the front.
std::string_view take_words(std::string_view& text, int count) {
  std::size_t at = 0;
  for (int i = 0; i < count; ++i) {
    at = text.find_first_not_of(kBlank, at);
    if (at == std::string_view::npos) break;
    at = std::min(text.find_first_of(kBlank, at), text.size());
  }
  if (at == std::string_view::npos) at = text.size();
  const auto taken = trim(text.substr(0, at));
  text = trim(text.substr(at));
  return taken;
}

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

struct Setting {
  std::string_view name;
  std::string_view value;
};

/// NAME = value, quotes around either allowed.
std::optional<Setting> parse_setting(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const auto name = unquote(trim(line.substr(0, equals)));
  const bool is_name = !name.empty() && std::ranges::all_of(name, is_name_byte) &&
                       !(name.front() >= '0' && name.front() <= '9');
  if (!is_name) return std::nullopt;
  return Setting{name, unquote(trim(line.substr(equals + 1)))};
}

/// Up to the first '%' without a backslash; "\%" is a '%'.
std::string command_of(std::string_view text) {
  std::string command;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') break;
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '%') ++i;
    command += text[i];
  }
  while (!command.empty() && kBlank.find(command.back()) != std::string_view::npos)
    command.pop_back();
  return command;
}

}  // namespace

Crontab parse_crontab(std::string_view text, bool with_user) {
  Crontab crontab;
  std::string time_zone;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto raw = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), raw.size() + 1));
    auto line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    if (const auto setting = parse_setting(line)) {
      if (setting->name == "CRON_TZ") time_zone = setting->value;
      continue;
    }
    CrontabEntry entry;
    entry.line = number;
    entry.time_zone = time_zone;
    const auto fields = take_words(line, line.front() == '@' ? 1 : 5);
    if (fields != "@reboot") {
      auto schedule = parse_cron_schedule(fields);
      if (!schedule) {
        crontab.problems.push_back({number, schedule.error().message()});
        continue;
      }
      entry.schedule = *schedule;
    }
    if (with_user) entry.user = take_words(line, 1);
    entry.command = command_of(line);
    if (entry.command.empty()) {
      crontab.problems.push_back({number, "no command"});
      continue;
    }
    crontab.entries.push_back(std::move(entry));
  }
  return crontab;
}

std::string run_parts_directory(std::string_view command) {
  const auto at = command.find("run-parts");
  if (at == std::string_view::npos) return {};
  command.remove_prefix(at + std::string_view("run-parts").size());
  while (true) {
    const auto word = take_words(command, 1);
    if (word.empty()) return {};
    if (word.front() == '-') continue;
    const auto end = word.find_first_of(";|&)}");
    return word.front() == '/' ? std::string(word.substr(0, end)) : std::string();
  }
}

bool is_run_parts_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return is_name_byte(c) || c == '-'; });
}

}  // namespace foreshock::agent

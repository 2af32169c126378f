#include "agent/schedule/upcoming_commands.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/schedule/at_jobs.h"
#include "agent/schedule/crontab.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kMaxCrontabBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxCommandBytes = 1024;
/// Debian keeps users' tables in the first, Red Hat in the second.
constexpr std::array kUserTables = {"/var/spool/cron/crontabs", "/var/spool/cron"};
constexpr std::array kAtSpools = {"/var/spool/cron/atjobs", "/var/spool/at"};

TimeZone::Seconds to_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time);
}

bool is_regular_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

std::string name_of_user(std::uint32_t uid) {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::to_string(uid);
  return found->pw_name;
}

/// Scripts that run-parts would run.
std::vector<std::string> scripts_in(const std::string& directory) {
  std::vector<std::string> scripts;
  for (const auto& name : list_directory(directory).value_or({})) {
    const auto path = directory + "/" + name;
    if (is_run_parts_name(name) && is_regular_file(path) && ::access(path.c_str(), X_OK) == 0)
      scripts.push_back(name);
  }
  return scripts;
}

}  // namespace

UpcomingCommands::UpcomingCommands(Options options, TimerSource& timers,
                                   std::function<std::string(const std::string&)> redact)
    : options_(std::move(options)), timers_(timers), redact_(std::move(redact)) {}

UpcomingCommands::Listing UpcomingCommands::list(WallTime now) {
  zones_.clear();  // the host's zone can be changed
  Listing listing;
  add_timers(listing);
  add_system_crontabs(now, listing);
  add_user_crontabs(now, listing);
  add_at_jobs(listing);
  std::ranges::stable_sort(listing.commands, {}, &UpcomingCommand::time);
  if (listing.commands.size() > options_.most) {
    listing.left_out = listing.commands.size() - options_.most;
    listing.commands.resize(options_.most);
  }
  return listing;
}

void UpcomingCommands::add(UpcomingCommand&& command, Listing& listing) const {
  command.command = redact_(command.command.substr(0, kMaxCommandBytes));
  listing.commands.push_back(std::move(command));
}

void UpcomingCommands::add_timers(Listing& listing) {
  std::error_code ignored;
  // As sd_booted(3) finds out: where systemd does not run, nothing is missing.
  if (!std::filesystem::is_directory(options_.root + "/run/systemd/system", ignored)) return;
  auto timers = timers_.read_timers();
  if (!timers) {
    listing.problems.push_back("systemd timers: " + timers.error().message());
    return;
  }
  for (auto& timer : *timers) add(std::move(timer), listing);
}

void UpcomingCommands::add_system_crontabs(WallTime now, Listing& listing) {
  const std::string table = options_.root + "/etc/crontab";
  if (is_regular_file(table)) add_crontab("/etc/crontab", "", true, now, listing);
  for (const auto& name : list_directory(options_.root + "/etc/cron.d").value_or({})) {
    if (is_run_parts_name(name)) add_crontab("/etc/cron.d/" + name, "", true, now, listing);
  }
}

void UpcomingCommands::add_user_crontabs(WallTime now, Listing& listing) {
  for (const std::string directory : kUserTables) {
    for (const auto& user : list_directory(options_.root + directory).value_or({})) {
      const auto path = directory + "/" + user;
      if (is_regular_file(options_.root + path)) add_crontab(path, user, false, now, listing);
    }
  }
}

void UpcomingCommands::add_crontab(const std::string& path, const std::string& user, bool with_user,
                                   WallTime now, Listing& listing) {
  const auto text = read_file(options_.root + path, kMaxCrontabBytes);
  if (!text) {
    listing.problems.push_back(text.error().message());
    return;
  }
  const auto crontab = parse_crontab(*text, with_user);
  for (const auto& problem : crontab.problems)
    listing.problems.push_back(fmt::format("{}:{}: {}", path, problem.line, problem.what));
  for (const auto& entry : crontab.entries) {
    if (!entry.schedule) continue;  // at the next boot: nobody knows when that is
    const auto& zone = zone_named(entry.time_zone, listing);
    const auto next = next_run(*entry.schedule, zone, to_seconds(now));
    if (!next) continue;
    const auto after = next_run(*entry.schedule, zone, *next);
    UpcomingCommand command;
    command.time = *next;
    command.source = ScheduleSource::crontab;
    command.name = fmt::format("{}:{}", path, entry.line);
    command.user = with_user ? entry.user : user;
    command.command = entry.command;
    if (after) command.period = *after - *next;
    const auto directory = run_parts_directory(entry.command);
    // Where anacron is installed such a line leaves the directory to it.
    const bool anacron_does_it = entry.command.find("anacron") != std::string::npos &&
                                 is_regular_file(options_.root + "/usr/sbin/anacron");
    if (directory.empty()) {
      add(std::move(command), listing);
    } else if (!anacron_does_it) {
      for (const auto& script : scripts_in(options_.root + directory)) {
        UpcomingCommand part = command;
        part.command = directory + "/" + script;
        add(std::move(part), listing);
      }
    }
  }
}

void UpcomingCommands::add_at_jobs(Listing& listing) {
  for (const std::string directory : kAtSpools) {
    for (const auto& name : list_directory(options_.root + directory).value_or({})) {
      const auto job = parse_at_job_name(name);
      const auto path = options_.root + directory + "/" + name;
      if (!job || !is_regular_file(path)) continue;
      const auto script = read_file(path, kMaxCrontabBytes);
      if (!script) {
        listing.problems.push_back(script.error().message());
        continue;
      }
      UpcomingCommand command;
      command.time = job->time;
      command.source = ScheduleSource::at;
      command.name = fmt::format("at job {}", job->number);
      struct stat status {};
      if (::stat(path.c_str(), &status) == 0) command.user = name_of_user(status.st_uid);
      command.command = parse_at_job_command(*script);
      add(std::move(command), listing);
    }
  }
}

const TimeZone& UpcomingCommands::zone_named(const std::string& name, Listing& listing) {
  const auto known = zones_.find(name);
  if (known != zones_.end()) return known->second;
  TimeZone zone;
  if (name.empty()) {
    // Where the link is missing the host's time is UTC, as tzset(3) has it.
    if (const auto bytes = read_file(options_.root + "/etc/localtime")) {
      if (auto parsed = TimeZone::parse(*bytes)) zone = *std::move(parsed);
    }
  } else if (auto read = TimeZone::read(options_.root + "/usr/share/zoneinfo", name)) {
    zone = *std::move(read);
  } else {
    listing.problems.push_back("CRON_TZ: " + read.error().message());
  }
  return zones_.emplace(name, std::move(zone)).first->second;
}

}  // namespace foreshock::agent

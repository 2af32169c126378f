#include "coordinator/lead/lead_stream.h"

#include <algorithm>
#include <cmath>

#include "coordinator/lead/quantiles.h"

namespace foreshock::coordinator {

namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::hours;

constexpr std::int64_t kHoursAround = 12;

double seconds(std::chrono::nanoseconds time) {
  return duration<double>(time).count();
}

std::int64_t hour_of(WallTime time) {
  return duration_cast<hours>(time.time_since_epoch()).count();
}

/// FNV-1a over the row, its fields kept apart.
std::uint64_t hash_of(const LeadStream::Event& event) {
  std::uint64_t hash = 14695981039346656037ULL;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    hash = (hash ^ 0x100U) * 1099511628211ULL;
  };
  mix(event.host);
  mix(event.user);
  mix(event.command);
  mix(event.arguments);
  mix(std::to_string(event.timestamp.time_since_epoch().count()));
  return hash;
}

}  // namespace

std::size_t LeadStream::find_host(std::string_view name) const {
  const auto found = host_numbers_.find(name);
  return found == host_numbers_.end() ? hosts_.size() : found->second;
}

std::size_t LeadStream::host_of(std::string_view name) {
  const std::size_t found = find_host(name);
  if (found < hosts_.size()) return found;
  host_numbers_.emplace(name, hosts_.size());
  hosts_.push_back({.name = std::string(name), .load = {}, .ways = {}});
  return hosts_.size() - 1;
}

std::size_t LeadStream::command_of(const CommandMeant& meant) {
  const auto found = command_numbers_.find(meant.identity());
  if (found == command_numbers_.end()) {
    command_numbers_.emplace(meant.identity(), commands_.size());
    commands_.push_back(meant);
    return commands_.size() - 1;
  }
  // A script that was first seen run by itself is known by its interpreter from now on.
  CommandMeant& known = commands_[found->second];
  if (known.program == known.script && meant.program != meant.script) known.program = meant.program;
  return found->second;
}

bool LeadStream::add_event(const Event& event) {
  if (!seen_.insert(hash_of(event)).second) {
    ++duplicates_;
    return false;
  }
  CommandMeant meant = parse_command_meant(event.command, event.arguments);
  if (meant.program.empty()) return true;
  const std::size_t host = host_of(event.host);
  const double way = seconds(event.arrival - event.timestamp);
  const auto [shortest, is_new] = hosts_[host].ways.try_emplace(hour_of(event.arrival), way);
  if (!is_new) shortest->second = std::min(shortest->second, way);
  const std::size_t command = command_of(meant);
  runs_.push_back({command, host, event.timestamp, event.arrival, std::move(meant.arguments)});
  return true;
}

void LeadStream::add_load(std::string_view host, WallTime start, double value) {
  if (!start_) start_ = start;
  const std::int64_t step = (start - *start_) / step_;
  if (step < 0) return;  // before the first row that arrived: too little to be worth a new grid
  std::vector<double>& load = hosts_[host_of(host)].load;
  const auto index = static_cast<std::size_t>(step);
  if (load.size() <= index) load.resize(index + 1, kUnknownLoad);
  load[index] = value;
}

double LeadStream::skew_at(const ShortestWays& ways, std::int64_t hour) {
  std::vector<double> around;
  for (auto way = ways.lower_bound(hour - kHoursAround);
       way != ways.end() && way->first <= hour + kHoursAround; ++way)
    around.push_back(way->second);
  return around.empty() ? 0 : median_of(std::move(around));
}

CommandRun LeadStream::set_right(const Run& run, double skew_s) const {
  return {seconds(run.timestamp - start()) + skew_s, run.host, run.arguments};
}

std::vector<std::pair<std::size_t, CommandRun>> LeadStream::runs_since(double since_s) const {
  const WallTime oldest =
      start() + duration_cast<std::chrono::nanoseconds>(duration<double>(since_s)) - hours(24);
  std::vector<double> skews(hosts_.size(), std::nan(""));
  std::vector<std::pair<std::size_t, CommandRun>> recent;
  for (auto run = runs_.rbegin(); run != runs_.rend() && run->arrival >= oldest; ++run) {
    double& skew = skews[run->host];
    if (std::isnan(skew)) skew = skew_at(hosts_[run->host].ways, hour_of(run->arrival));
    CommandRun right = set_right(*run, skew);
    if (right.at_s >= since_s) recent.emplace_back(run->command, std::move(right));
  }
  return recent;
}

std::vector<double> LeadStream::load_until(std::size_t host, WallTime end) const {
  std::vector<double> load = hosts_[host].load;
  load.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, (end - start()) / step_)),
              kUnknownLoad);
  return load;
}

LeadHistory LeadStream::history() const {
  LeadHistory history;
  history.step_s = seconds(step_);
  std::size_t steps = 0;
  for (const Host& host : hosts_) steps = std::max(steps, host.load.size());
  for (const Host& host : hosts_) {
    history.loads.push_back(host.load);
    history.loads.back().resize(steps, kUnknownLoad);
  }
  for (const CommandMeant& command : commands_)
    history.commands.push_back({command.program, command.script, {}});
  std::vector<std::map<std::int64_t, double>> skews(hosts_.size());
  for (const Run& run : runs_) {
    const std::int64_t hour = hour_of(run.timestamp);
    auto [skew, is_new] = skews[run.host].try_emplace(hour, 0.0);
    if (is_new) skew->second = skew_at(hosts_[run.host].ways, hour);
    history.commands[run.command].runs.push_back(set_right(run, skew->second));
  }
  for (CommandRuns& command : history.commands) {
    std::stable_sort(command.runs.begin(), command.runs.end(),
                     [](const CommandRun& a, const CommandRun& b) { return a.at_s < b.at_s; });
  }
  return history;
}

}  // namespace foreshock::coordinator

#include "minute_world.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace foreshock::coordinator {

MinuteWorld::MinuteWorld(std::uint64_t seed, std::size_t days) : engine_(seed), days_(days) {
  std::normal_distribution<double> normal;
  for (std::size_t host = 0; host < kHosts; ++host) {
    const double usual = 1 + 2 * static_cast<double>(host);
    std::vector<double>& load = history_.loads.emplace_back(days * 1440);
    double drift = 0;
    for (std::size_t i = 0; i < load.size(); ++i) {
      drift = 0.98 * drift + 0.02 * normal(engine_);
      const double hour = static_cast<double>(i % 1440) / 60;
      const double day = 1 + 0.4 * std::sin((hour - 9) * std::numbers::pi / 12);
      load[i] = usual * day * std::exp(drift + 0.06 * normal(engine_));
    }
  }
  for (const char* name : {"ls", "vim", "ssh", "rsync", "df"}) {
    for (const double at : random_times(25)) run(name, engine_() % kHosts, at);
  }
  for (double at = 10; at < static_cast<double>(days) * kDay; at += 120) run("healthz", 0, at);
}

double MinuteWorld::random_time(std::size_t day) {
  return static_cast<double>(day) * kDay + uniform(6, 22) * kHour;
}

std::vector<double> MinuteWorld::random_times(double per_day) {
  std::vector<double> times;
  const auto count = static_cast<std::size_t>(per_day * static_cast<double>(days_));
  for (std::size_t i = 0; i < count; ++i) times.push_back(random_time(engine_() % days_));
  std::sort(times.begin(), times.end());
  return times;
}

CommandRuns& MinuteWorld::command(const std::string& program) {
  for (CommandRuns& one : history_.commands) {
    if (one.program == program) return one;
  }
  return history_.commands.emplace_back(CommandRuns{program, "", {}});
}

CommandRun& MinuteWorld::run(const std::string& program, std::size_t host, double at_s) {
  return command(program).runs.emplace_back(CommandRun{at_s, host, {}});
}

void MinuteWorld::add_load(std::size_t host, double at_s, double height, double duration_s) {
  std::vector<double>& load = history_.loads[host];
  const double usual = 1 + 2 * static_cast<double>(host);
  for (std::size_t i = static_cast<std::size_t>(at_s / kMinute); i < load.size(); ++i) {
    const double from = static_cast<double>(i) * kMinute;
    const double on = std::min(from + kMinute, at_s + duration_s) - std::max(from, at_s);
    if (on <= 0) break;
    load[i] += usual * height * on / kMinute * uniform(0.92, 1.08);
  }
}

void MinuteWorld::add_usual_load(std::size_t host, double run_s, double lag_s) {
  add_load(host, run_s + lag_s * uniform(0.8, 1.2), uniform(1.6, 2.4), uniform(8, 12) * kMinute);
}

LeadHistory MinuteWorld::history() const {
  LeadHistory history = history_;
  for (CommandRuns& one : history.commands) {
    std::sort(one.runs.begin(), one.runs.end(),
              [](const CommandRun& a, const CommandRun& b) { return a.at_s < b.at_s; });
  }
  return history;
}

}  // namespace foreshock::coordinator

#include "agent/budget/self_watch.h"

#include <utility>

#include <fmt/format.h>

namespace foreshock::agent {

namespace {

Saving next_step(Saving saving, int step) {
  return static_cast<Saving>(static_cast<int>(saving) + step);
}

}  // namespace

std::optional<SelfWatch::Change> SelfWatch::look(BootTime now, Nanoseconds cpu, Bytes rss) {
  if (!window_began_) {
    window_began_ = now;
    cpu_before_ = cpu;
    return std::nullopt;
  }
  const auto elapsed = now - *window_began_;
  if (elapsed < options_.window) return std::nullopt;
  const double millicores = 1000 * static_cast<double>((cpu - cpu_before_).count()) /
                            static_cast<double>(elapsed.count());
  window_began_ = now;
  cpu_before_ = cpu;

  const auto cpu_limit = static_cast<double>(options_.max_millicores);
  const auto memory = static_cast<double>(rss.count);
  const auto memory_limit = static_cast<double>(options_.max_memory.count);
  const bool over = millicores > cpu_limit || memory > memory_limit;
  const bool calm = millicores < kCalm * cpu_limit && memory < kCalm * memory_limit;
  windows_over_ = over ? windows_over_ + 1 : 0;
  windows_calm_ = calm ? windows_calm_ + 1 : 0;

  std::string use =
      fmt::format("{:.0f}m of {}m processor time, {:.0f} MiB of {:.0f} MiB memory", millicores,
                  options_.max_millicores, memory / (1 << 20), memory_limit / (1 << 20));
  if (windows_over_ >= options_.windows_to_save && saving_ != kMostSaving)
    return go_to(next_step(saving_, +1), std::move(use));
  if (windows_calm_ >= options_.windows_to_relax && saving_ != Saving::nothing)
    return go_to(next_step(saving_, -1), std::move(use));
  return std::nullopt;
}

std::optional<SelfWatch::Change> SelfWatch::go_to(Saving saving, std::string reason) {
  windows_over_ = windows_calm_ = 0;
  return Change{std::exchange(saving_, saving), saving, std::move(reason)};
}

}  // namespace foreshock::agent

#include "agent/metrics_in/scrape_targets.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/metrics_in/exposition_text.h"

namespace foreshock::agent {

ScrapeTargets::ScrapeTargets(std::vector<ScrapeTarget> targets, Fetch fetch, MetricTable& table)
    : fetch_(std::move(fetch)), table_(table) {
  for (auto& target : targets) {
    State state;
    state.name = target.name;
    targets_.push_back({std::move(target), std::move(state), BootTime()});
  }
}

BootTime ScrapeTargets::scrape_due(const Clock& clock) {
  for (auto& target : targets_) {
    const BootTime now = clock.boot_now();
    if (now < target.due) continue;
    target.due = now + target.target.interval;
    scrape(target, now);
  }
  BootTime next = BootTime::max();
  for (const auto& target : targets_) next = std::min(next, target.due);
  return next;
}

void ScrapeTargets::scrape(Target& target, BootTime now) {
  ++target.state.scrapes;
  const auto page = fetch_(target.target.url);
  if (!page) {
    ++target.state.failures;
    target.state.problem = page.error().message();
    return;
  }
  const auto exposition = parse_exposition(*page, kMaxSamples);
  table_.add(exposition, {{"target", target.target.name}}, now);
  target.state.problem.clear();
  if (exposition.cut) {
    target.state.problem = fmt::format("{}: more than {} samples: the rest is left out",
                                       target.target.url, kMaxSamples);
  } else if (exposition.samples.empty()) {
    target.state.problem = fmt::format("{}: no metrics on the page", target.target.url);
  }
}

std::vector<ScrapeTargets::State> ScrapeTargets::states() const {
  std::vector<State> states;
  for (const auto& target : targets_) states.push_back(target.state);
  return states;
}

}  // namespace foreshock::agent

#include "coordinator/pipeline/tag_round.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "coordinator/tag/learned_tagger.h"

namespace foreshock::coordinator {

namespace {

constexpr std::chrono::hours kLookedAt{1};
constexpr std::chrono::hours kForgottenAfter{24};
constexpr std::size_t kMostCommands = 5000;  // of all workloads, the busiest
constexpr double kConfidenceWorthSaving = 0.1;

/// Whether one is as good as the other after a restart.
bool is_alike(const std::vector<Tag>& one, const std::vector<Tag>& other) {
  return std::ranges::equal(one, other, [](const Tag& a, const Tag& b) {
    return a.workload == b.workload && a.key == b.key && a.value == b.value &&
           std::abs(a.confidence - b.confidence) < kConfidenceWorthSaving;
  });
}

/// The mean of what is known.
std::optional<double> mean_of(const Series& series) {
  double sum = 0;
  double count = 0;
  for (const double value : series.values) {
    if (value != value) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

void add_limits(const LiveView& live, std::map<Workload, WorkloadProfile*>& profiles) {
  std::map<HostId, double> processors;
  for (const auto& host : live.hosts) processors[host.id] = host.cpu_count;
  for (auto& [workload, profile] : profiles) profile->available_cores = processors[workload.host];
  for (const auto& one : live.workloads) {
    const auto found = profiles.find(one.workload);
    const auto& limit = one.sample.cpu_max_millicores;
    if (found != profiles.end() && limit && *limit)
      found->second->available_cores = static_cast<double>(**limit) / 1000;
  }
}

}  // namespace

Result<void> TagRound::restore() {
  if (is_restored_) return {};
  FS_TRY(saved_, parts_.store.learned());
  keeper_.restore(saved_);
  is_restored_ = true;
  return {};
}

Result<std::vector<Tag>> TagRound::tags(const std::vector<TaggedSubject>& subjects) {
  FS_CHECK(restore());
  FS_TRY(choices_, parts_.store.choices());
  std::vector<Tag> tags;
  std::set<std::pair<Workload, std::string>> settled;
  const auto add = [&](Tag tag) {
    if (settled.emplace(tag.workload, tag.key).second) tags.push_back(std::move(tag));
  };
  for (const auto& choice : choices_) {
    if (choice.kind == TagChoice::Kind::locked)
      add({choice.workload, choice.key, choice.value, "person", "locked", 1.0});
  }
  for (auto& tag : parts_.rules.tag(subjects)) add(std::move(tag));
  for (auto& tag : keeper_.tags()) {
    if (!is_rejected(tag)) add(std::move(tag));
  }
  std::ranges::stable_sort(tags, {}, &Tag::workload);
  return tags;
}

Result<void> TagRound::learn(const std::vector<TaggedSubject>& subjects,
                             const std::vector<Series>& series, WallTime now) {
  FS_TRY(const auto profiles, make_profiles(subjects, series, now));
  std::vector<Workload> workloads;
  std::vector<Tag> found;
  for (const auto& profile : profiles) {
    workloads.push_back(profile.workload);
    for (auto& tag : learn_tags(profile)) {
      if (!is_rejected(tag)) found.push_back(std::move(tag));
    }
  }
  keeper_.observe(workloads, found);
  forget_gone(subjects, now);
  if (auto tags = keeper_.tags(); !is_alike(tags, saved_)) {
    FS_CHECK(parts_.store.keep_learned(tags));
    saved_ = std::move(tags);
  }
  return {};
}

Result<std::vector<WorkloadProfile>> TagRound::make_profiles(
    const std::vector<TaggedSubject>& subjects, const std::vector<Series>& series, WallTime now) {
  std::vector<WorkloadProfile> profiles;
  for (const auto& subject : subjects) {
    WorkloadProfile profile;
    profile.workload = subject.workload;
    profile.executions = subject.commands;
    profile.with_terminal = subject.with_terminal;
    FS_CHECK(add_connections(profile, now));
    profiles.push_back(std::move(profile));
  }
  std::map<Workload, WorkloadProfile*> by_workload;
  for (auto& profile : profiles) by_workload[profile.workload] = &profile;
  for (const auto& one : series) {
    const auto found = by_workload.find(one.key.workload);
    if (found != by_workload.end() && one.key.quantity == Quantity::cpu_usage)
      found->second->cpu_cores = one.values;
  }
  add_limits(*parts_.live.read(), by_workload);
  CommandUseQuery query;
  query.from = now - kLookedAt;
  query.to = now;
  query.limit = kMostCommands;
  FS_TRY(auto uses, parts_.use.top(query));
  for (auto& use : uses) {
    const auto found = by_workload.find(use.workload);
    if (found == by_workload.end()) continue;
    found->second->commands.push_back({std::move(use.signature),
                                       std::chrono::duration<double>(use.cpu).count(), use.ended,
                                       use.running});
  }
  return profiles;
}

Result<void> TagRound::add_connections(WorkloadProfile& profile, WallTime now) {
  SeriesQuery query{{profile.workload, Quantity::connections_accepted},
                    now - kLookedAt,
                    now,
                    std::chrono::minutes(1)};
  FS_TRY(const auto accepted, parts_.history.series(query));
  profile.accepted_per_s = mean_of(accepted);
  query.key.quantity = Quantity::service_time_p95;
  FS_TRY(const auto service_time, parts_.history.series(query));
  profile.service_time_s = mean_of(service_time);
  return {};
}

void TagRound::forget_gone(const std::vector<TaggedSubject>& subjects, WallTime now) {
  for (const auto& subject : subjects) seen_[subject.workload] = now;
  for (const auto& tag : keeper_.tags()) seen_.try_emplace(tag.workload, now);  // from before
  std::erase_if(seen_, [&](const auto& entry) {
    if (now - entry.second < kForgottenAfter) return false;
    keeper_.forget(entry.first);
    return true;
  });
}

std::vector<Tag> TagRound::proposals() const {
  auto proposals = keeper_.proposals();
  std::erase_if(proposals, [&](const Tag& tag) {
    return is_rejected(tag) || std::ranges::any_of(choices_, [&](const TagChoice& choice) {
             return choice.kind == TagChoice::Kind::locked && choice.workload == tag.workload &&
                    choice.key == tag.key;
           });
  });
  return proposals;
}

bool TagRound::is_rejected(const Tag& tag) const {
  return std::ranges::find(choices_, TagChoice{tag.workload, tag.key, tag.value,
                                               TagChoice::Kind::rejected}) != choices_.end();
}

}  // namespace foreshock::coordinator

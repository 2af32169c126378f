#include "agent/cgroup/identity_table.h"

#include <chrono>
#include <utility>

#include "agent/cgroup/workload_identity.h"

namespace foreshock::agent {

namespace {

/// The first look often comes before the runtime has written its files.
constexpr auto kFirstRetry = std::chrono::seconds(1);
constexpr std::uint32_t kMaxTries = 8;  // the last one after two minutes

}  // namespace

IdentityTable::IdentityTable(std::size_t capacity, FindName find_name)
    : capacity_(capacity), find_name_(std::move(find_name)) {}

const WorkloadIdentity& IdentityTable::of(const std::string& cgroup, BootTime now) {
  // Executions of one workload often come one after the other.
  if (last_ == nullptr || last_->first != cgroup) last_ = &find_or_add(cgroup);
  Entry& entry = last_->second;
  look_up_name(entry, now);
  entry.asked_for = true;
  return entry.identity;
}

IdentityTable::Entries::value_type& IdentityTable::find_or_add(const std::string& cgroup) {
  auto found = entries_.find(cgroup);
  if (found == entries_.end()) {
    if (entries_.size() >= capacity_) entries_.clear();
    Entry entry;
    entry.identity = parse_workload_identity(cgroup);
    found = entries_.emplace(cgroup, std::move(entry)).first;
  }
  return *found;
}

void IdentityTable::look_up_name(Entry& entry, BootTime now) const {
  WorkloadIdentity& identity = entry.identity;
  if (identity.container_runtime.empty() || !identity.container_name.empty()) return;
  if (entry.tries >= kMaxTries || now < entry.next_try) return;
  entry.next_try = now + kFirstRetry * (1 << entry.tries);
  ++entry.tries;
  if (auto name = find_name_(identity)) {
    identity.container_name = *std::move(name);
    entry.told.reset();
  }
}

std::vector<WorkloadIdentity> IdentityTable::take_untold(BootTime now) {
  std::vector<WorkloadIdentity> untold;
  for (auto& [cgroup, entry] : entries_) {
    if (!std::exchange(entry.asked_for, false) || !entry.identity.has_anything()) continue;
    if (entry.told && now - *entry.told < kTellAgain) continue;
    entry.told = now;
    untold.push_back(entry.identity);
  }
  return untold;
}

}  // namespace foreshock::agent

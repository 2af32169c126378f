#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "common/model/workload_identity.h"

namespace foreshock::agent {

/// What is known about the identity of cgroups, and what the coordinator has been told of it. A
/// container's name is looked up when its cgroup is first seen and, while it is not known, again at
/// growing intervals for some minutes; then the id is all there is. Bounded: when it is full it
/// starts anew, and everything is told again. One thread.
class IdentityTable {
 public:
  /// As read_container_name() of the host.
  using FindName = std::function<std::optional<std::string>(const WorkloadIdentity&)>;

  IdentityTable(std::size_t capacity, FindName find_name);

  const WorkloadIdentity& of(const std::string& cgroup, BootTime now);
  /// Identities that were asked for and are new or changed since they were last told, or were told
  /// kTellAgain ago: a report can be lost. Those of which nothing is known are left out.
  std::vector<WorkloadIdentity> take_untold(BootTime now);

  static constexpr auto kTellAgain = std::chrono::minutes(10);

 private:
  struct Entry {
    WorkloadIdentity identity;
    bool asked_for = false;
    std::optional<BootTime> told;
    std::uint32_t tries = 0;
    BootTime next_try;
  };
  using Entries = std::unordered_map<std::string, Entry>;
  Entries::value_type& find_or_add(const std::string& cgroup);
  void look_up_name(Entry& entry, BootTime now) const;

  std::size_t capacity_;
  FindName find_name_;
  Entries entries_;
  Entries::value_type* last_ = nullptr;  ///< of entries_, asked for last
};

}  // namespace foreshock::agent

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/process_use.h"
#include "common/model/report.h"
#include "common/model/resource_sample.h"
#include "common/signature/command_namer.h"
#include "common/signature/signature_rules.h"

namespace foreshock::agent {

/// Adds up what processes used in a period by workload and by the signature of their command: exact
/// sums, bounded in number. Pure; one thread.
class CommandSums {
 public:
  /// At most `most` sums a period: those of the most processor time; the rest, when there are more,
  /// in one.
  explicit CommandSums(std::size_t most) : most_(most) {}

  /// A number that stands for an execution's signature in add_...; never 0. Numbers grow old: see
  /// is_current().
  std::uint32_t signature_of(const Execution& execution);
  /// How commands are named from the next period on.
  void set_rules(SignatureRules rules) {
    next_rules_ = std::make_shared<const SignatureRules>(std::move(rules));
  }
  std::uint32_t signature_of_kernel_threads();
  /// Whether a number given earlier still stands for what it did.
  bool is_current(std::uint32_t signature) const;

  void add_running(std::uint64_t cgroup_id, std::uint32_t signature, const ProcessUse& process,
                   const ResourceUse& used);
  /// `used`: since the process was last added as running.
  void add_ended(std::uint64_t cgroup_id, std::uint32_t signature, const ResourceUse& used,
                 std::uint32_t wait_status);
  /// An execution that is told nowhere else, whether it has ended or was superseded.
  void add_withheld(std::uint64_t cgroup_id, std::uint32_t signature);

  /// The period's sums, the biggest first, and begins the next. `path_of` gives a cgroup's path.
  std::vector<CommandUse> take(const std::function<const std::string&(std::uint64_t)>& path_of);

 private:
  struct Key {
    std::uint64_t cgroup_id = 0;
    std::uint32_t signature = 0;
    bool operator==(const Key&) const = default;
  };
  struct HashOfKey {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::uint64_t>()(key.cgroup_id * 0x9e3779b97f4a7c15U + key.signature);
    }
  };

  std::uint32_t number_of(const std::string& text);
  void forget_signatures();

  CommandNamer namer_;
  std::shared_ptr<const SignatureRules> next_rules_;  ///< absent: they stay
  const std::size_t most_;
  std::unordered_map<Key, CommandUse, HashOfKey> sums_;
  std::vector<std::string> texts_;  ///< by number less first_number_
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::uint32_t first_number_ = 1;
  std::uint32_t kernel_threads_ = 0;
};

}  // namespace foreshock::agent

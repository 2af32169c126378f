#include "agent/sample/command_sums.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace foreshock::agent {

namespace {

/// More signatures than a host has, unless something makes them up; then they are forgotten and
/// numbered anew.
constexpr std::size_t kMaxSignatures = 8192;

void add(CommandUse& sum, const ResourceUse& used) {
  add_saturating(sum.cpu, used.cpu);
  add_saturating(sum.read_bytes, used.read_bytes);
  add_saturating(sum.written_bytes, used.written_bytes);
  add_saturating(sum.minor_faults, used.minor_faults);
  add_saturating(sum.major_faults, used.major_faults);
}

void add(CommandUse& sum, const CommandUse& other) {
  sum.running += other.running;
  sum.ended += other.ended;
  sum.failed += other.failed;
  sum.withheld += other.withheld;
  add_saturating(sum.rss, other.rss);
  add_saturating(sum.cpu, other.cpu);
  add_saturating(sum.read_bytes, other.read_bytes);
  add_saturating(sum.written_bytes, other.written_bytes);
  add_saturating(sum.minor_faults, other.minor_faults);
  add_saturating(sum.major_faults, other.major_faults);
}

}  // namespace

std::uint32_t CommandSums::signature_of(const Execution& execution) {
  if (execution.argv.words.empty() && execution.filename.empty())
    return number_of("(" + execution.facts.comm + ")");  // a fork of we don't know what
  const auto named = namer_.name_marked(execution.argv, execution.filename);
  if (!is_current(named.mark)) named.mark = number_of(named.signature.text);
  return named.mark;
}

std::uint32_t CommandSums::signature_of_kernel_threads() {
  if (!is_current(kernel_threads_)) kernel_threads_ = number_of("[kernel]");
  return kernel_threads_;
}

bool CommandSums::is_current(std::uint32_t signature) const {
  return signature >= first_number_ && signature - first_number_ < texts_.size();
}

std::uint32_t CommandSums::number_of(const std::string& text) {
  if (const auto found = numbers_.find(text); found != numbers_.end()) return found->second;
  const auto number = first_number_ + static_cast<std::uint32_t>(texts_.size());
  texts_.push_back(text);
  numbers_.emplace(text, number);
  return number;
}

void CommandSums::forget_signatures() {
  first_number_ += static_cast<std::uint32_t>(texts_.size());
  texts_.clear();
  numbers_.clear();
}

void CommandSums::add_running(std::uint64_t cgroup_id, std::uint32_t signature,
                              const ProcessUse& process, const ResourceUse& used) {
  CommandUse& sum = sums_[{cgroup_id, signature}];
  ++sum.running;
  add_saturating(sum.rss, process.rss);
  add(sum, used);
}

void CommandSums::add_ended(std::uint64_t cgroup_id, std::uint32_t signature,
                            const ResourceUse& used, std::uint32_t wait_status) {
  CommandUse& sum = sums_[{cgroup_id, signature}];
  ++sum.ended;
  if (wait_status != 0) ++sum.failed;
  add(sum, used);
}

void CommandSums::add_withheld(std::uint64_t cgroup_id, std::uint32_t signature) {
  ++sums_[{cgroup_id, signature}].withheld;
}

std::vector<CommandUse> CommandSums::take(
    const std::function<const std::string&(std::uint64_t)>& path_of) {
  std::vector<CommandUse> result;
  result.reserve(sums_.size());
  for (auto& [key, sum] : sums_) {
    sum.cgroup_id = key.cgroup_id;
    sum.cgroup = path_of(key.cgroup_id);
    sum.signature = texts_[key.signature - first_number_];
    result.push_back(std::move(sum));
  }
  sums_.clear();
  std::ranges::sort(result, [](const CommandUse& a, const CommandUse& b) {
    return std::tie(b.cpu, b.rss, a.signature, a.cgroup) <
           std::tie(a.cpu, a.rss, b.signature, b.cgroup);
  });
  if (result.size() > most_) {
    CommandUse rest;
    rest.signature = "[other]";
    for (std::size_t i = most_; i < result.size(); ++i) add(rest, result[i]);
    result.resize(most_);
    result.push_back(std::move(rest));
  }
  if (next_rules_) {
    namer_.use(std::exchange(next_rules_, nullptr));
    forget_signatures();
  }
  if (texts_.size() > kMaxSignatures) forget_signatures();
  return result;
}

}  // namespace foreshock::agent

#include "coordinator/pipeline/similar_series.h"

#include <algorithm>
#include <cctype>
#include <functional>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMost = 32;
constexpr std::size_t kShortestId = 8;  // hexadecimal digits

std::string parent_of(const std::string& cgroup) {
  return cgroup.substr(0, cgroup.find_last_of('/'));
}

/// How loaded a workload is does not tell what it is like.
bool tells_likeness(const Tag& tag) {
  return tag.key != kLoadLevelKey && tag.key != kWorkloadClassKey;
}

std::vector<const Series*> pick(const SeriesKey& key, const std::vector<Series>& all,
                                const std::function<bool(const Workload&)>& is_similar) {
  std::vector<const Series*> picked;
  for (const Series& one : all) {
    const bool fits = one.key.quantity == key.quantity && one.key != key &&
                      one.key.workload.cgroup.empty() == key.workload.cgroup.empty() &&
                      is_similar(one.key.workload);
    if (fits) picked.push_back(&one);
  }
  std::ranges::sort(picked, {}, [](const Series* one) { return one->key; });
  if (picked.size() > kMost) picked.resize(kMost);
  return picked;
}

}  // namespace

std::string name_pattern(const std::string& cgroup) {
  const std::string name = cgroup.substr(cgroup.find_last_of('/') + 1);  // all of it without "/"
  std::string pattern;
  for (std::size_t i = 0; i < name.size();) {
    const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
    const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
    const auto from = name.begin() + static_cast<std::ptrdiff_t>(i);
    const auto hex = static_cast<std::size_t>(std::find_if_not(from, name.end(), is_hex) - from);
    const auto digits =
        static_cast<std::size_t>(std::find_if_not(from, name.end(), is_digit) - from);
    const std::size_t number = hex >= kShortestId ? hex : digits;
    if (number > 0) pattern += '#';
    if (number == 0) pattern += name[i];
    i += std::max<std::size_t>(1, number);
  }
  return pattern;
}

SimilarSeries find_similar(const SeriesKey& key, const std::vector<Series>& all,
                           const std::vector<Tag>& tags) {
  const Workload& own = key.workload;
  if (!own.cgroup.empty()) {
    const std::string pattern = name_pattern(own.cgroup);
    auto same = pick(key, all,
                     [&](const Workload& other) { return name_pattern(other.cgroup) == pattern; });
    if (!same.empty()) return {std::move(same), "of the same name"};
  }
  for (const Tag& tag : tags_of(tags, own)) {
    if (!tells_likeness(tag)) continue;
    auto tagged = pick(key, all, [&](const Workload& other) {
      return std::ranges::any_of(tags_of(tags, other), [&](const Tag& one) {
        return one.key == tag.key && one.value == tag.value;
      });
    });
    if (!tagged.empty())
      return {std::move(tagged), fmt::format("with the tag {}={}", tag.key, tag.value)};
  }
  if (!own.cgroup.empty()) {
    auto siblings = pick(key, all, [&](const Workload& other) {
      return parent_of(other.cgroup) == parent_of(own.cgroup);
    });
    if (!siblings.empty()) return {std::move(siblings), "below the same cgroup"};
  }
  return {pick(key, all, [](const Workload&) { return true; }),
          own.cgroup.empty() ? "of hosts" : "of workloads"};
}

}  // namespace foreshock::coordinator

#include "coordinator/tag/rule_tagger.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/text/glob.h"

namespace foreshock::coordinator {

namespace {

/// What in the subject satisfies the rule; absent: it does not apply.
std::optional<std::string> evidence_for(const TagRule& rule, const TaggedSubject& subject) {
  std::string evidence;
  if (!rule.cgroup.empty()) {
    if (!matches_path_glob(rule.cgroup, subject.workload.cgroup)) return std::nullopt;
    evidence = fmt::format("cgroup {} matches {}", subject.workload.cgroup, rule.cgroup);
  }
  if (!rule.command.empty()) {
    const auto ran = std::ranges::find_if(subject.signatures, [&](const std::string& text) {
      return matches_text_glob(rule.command, text);
    });
    if (ran == subject.signatures.end()) return std::nullopt;
    if (!evidence.empty()) evidence += ", ";
    evidence += fmt::format("ran `{}`, which matches {}", *ran, rule.command);
  }
  return evidence;
}

}  // namespace

RuleTagger::RuleTagger(std::vector<TagRule> rules) : rules_(std::move(rules)) {}

std::vector<Tag> RuleTagger::tag(const std::vector<TaggedSubject>& subjects) const {
  std::vector<Tag> tags;
  for (const auto& subject : subjects) {
    std::set<std::string> keys;
    for (const auto& rule : rules_) {
      if (keys.contains(rule.key)) continue;
      const auto evidence = evidence_for(rule, subject);
      if (!evidence) continue;
      keys.insert(rule.key);
      tags.push_back({subject.workload, rule.key, rule.value, "rule:" + rule.name, *evidence, 1.0});
    }
  }
  return tags;
}

}  // namespace foreshock::coordinator

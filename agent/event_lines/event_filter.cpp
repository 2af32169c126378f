#include "agent/event_lines/event_filter.h"

#include <algorithm>
#include <string_view>

#include "common/text/glob.h"

namespace foreshock::agent {

namespace {

/// A pattern with a '*' is about all of the text, another one about a part of it.
bool is_like(std::string_view text, const std::string& pattern) {
  if (pattern.find('*') == std::string::npos) return text.find(pattern) != std::string_view::npos;
  return matches_text_glob(pattern, text);
}

std::string join_words(const Argv& argv) {
  std::string text = argv.words;
  if (!text.empty() && text.back() == '\0') text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

}  // namespace

bool EventFilter::is_empty() const {
  return !uid && unit.empty() && command.empty() && !min_duration && !tree;
}

bool EventFilter::matches(const ProcessFacts& facts, const Argv& argv, const std::string& cgroup,
                          const WorkloadIdentity& identity) const {
  if (uid && facts.identity.uid != *uid && facts.identity.login_uid != uid) return false;
  if (!unit.empty() && !is_like(identity.unit, unit) && !is_like(identity.container_name, unit) &&
      !is_like(identity.container_id, unit) && !is_like(cgroup, unit))
    return false;
  return command.empty() || is_like(argv.words.empty() ? facts.comm : join_words(argv), command);
}

bool EventFilter::matches_end(const Execution& ended) const {
  return !min_duration || ended.end->time - ended.exec_time >= *min_duration;
}

}  // namespace foreshock::agent

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// key=value on a workload (an empty cgroup: on the host).
struct Tag {
  Workload workload;
  std::string key;
  std::string value;
  std::string source;    ///< "person", "rule:<name>" or "learned"
  std::string evidence;  ///< what matched
  double confidence = 1;
  bool operator==(const Tag&) const = default;
};

/// Those of one workload.
/// @param tags  in order of their workloads
std::span<const Tag> tags_of(const std::vector<Tag>& tags, const Workload& workload);

/// What a tag's key may be: it stands before the "=", and is easily taken for a value or a path.
constexpr bool is_tag_key(std::string_view key) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !key.empty() && key.size() <= 64 && key.find_first_not_of(kLetters) == key.npos;
}
inline constexpr std::string_view kTagKeyRule =
    "must be 1 to 64 letters, digits, \"_\", \".\", \"-\"";

inline constexpr std::string_view kLearnedSource = "learned";

// Keys of learned tags.
inline constexpr std::string_view kAppTypeKey = "app_type";
inline constexpr std::string_view kRoleKey = "role";
inline constexpr std::string_view kLoadLevelKey = "load_level";
inline constexpr std::string_view kWorkloadClassKey = "workload_class";

/// A person's word on a learned tag.
struct TagChoice {
  enum class Kind : std::uint8_t { locked, rejected };
  Workload workload;
  std::string key;
  std::string value;
  Kind kind = Kind::locked;
  bool operator==(const TagChoice&) const = default;
};

/// A person's rule: gives a tag to workloads whose cgroup matches, or that ran a matching command.
struct TagRule {
  std::string name;
  std::string cgroup;   ///< glob; empty: any
  std::string command;  ///< glob on signatures; empty: any
  std::string key;
  std::string value;
};

}  // namespace foreshock::coordinator

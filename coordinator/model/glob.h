#pragma once

#include <string_view>

namespace foreshock::coordinator {

/// Globs on cgroup paths and host names, as the host's owner writes them in the agent's
/// configuration: `?` and
/// `*` stay within a component, `**` crosses components. Pure; O(pattern × path) at worst, any
/// bytes.
bool matches_path_glob(std::string_view pattern, std::string_view path);

/// Globs on command signatures, where a slash is nothing special: `?` is one byte, `*` any number
/// of them.
bool matches_text_glob(std::string_view pattern, std::string_view text);

}  // namespace foreshock::coordinator

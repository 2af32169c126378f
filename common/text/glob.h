#pragma once

#include <string_view>

namespace foreshock {

/// Globs on cgroup paths and host names: `?` and `*` stay within a component, `**` crosses
/// components. Pure; O(pattern × path) at worst, any bytes.
bool matches_path_glob(std::string_view pattern, std::string_view path);

/// Globs on command signatures, where a slash is nothing special: `?` is one byte, `*` any number
/// of them.
bool matches_text_glob(std::string_view pattern, std::string_view text);

}  // namespace foreshock

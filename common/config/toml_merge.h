#pragma once

#include <map>
#include <string>

#include <toml++/toml.h>

#include "common/base/result.h"

// Inside common/config only: toml++ types do not leave this folder.
namespace foreshock {

/// "agent.toml:12:5", or just the file where there is no position.
std::string describe_source(const toml::source_region& source, const std::string& otherwise);

Result<toml::table> parse_toml(const std::string& text, const std::string& name);

/// Lays `from` over `into`: tables are merged, arrays of tables appended, everything else replaced.
/// Positions of what is moved stay those of its own file.
Result<void> merge_toml(toml::table& into, toml::table&& from);

/// Every value below `node` by its dotted key, as TOML.
void collect_toml_values(const toml::node& node, const std::string& key,
                         std::map<std::string, std::string>& into);

}  // namespace foreshock

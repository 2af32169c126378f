#pragma once

#include <vector>

#include "common/config/toml_document.h"
#include "coordinator/model/reflex_rule.h"

namespace foreshock::coordinator {

/// Reads the [[reflex]] tables of a configuration; failures are recorded in the document with line
/// and column.
std::vector<ReflexRule> read_reflex_rules(TomlTable& root);

}  // namespace foreshock::coordinator

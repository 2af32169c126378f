#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/toml_document.h"
#include "common/model/signature_rule.h"
#include "coordinator/model/policy.h"
#include "coordinator/model/tag.h"

namespace foreshock::coordinator {

/// Reads the [[policy]] tables of a configuration; failures are recorded in the document with line
/// and column.
std::vector<Policy> read_policies(TomlTable& root);
/// Reads the [[tag_rule]] tables.
std::vector<TagRule> read_tag_rules(TomlTable& root);
/// Reads the [[signature]] tables.
std::vector<SignatureRule> read_signature_rules(TomlTable& root);

}  // namespace foreshock::coordinator

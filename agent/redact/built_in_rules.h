#pragma once

#include <span>

#include "agent/redact/rule.h"

namespace foreshock::agent {

/// All built-in rules; each is on by default.
std::span<const BuiltInRule> built_in_rules();

}  // namespace foreshock::agent

#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/text/text_table.h"

namespace foreshock::agent {

/// What render_status_json() wrote, for people: `foreshock-agent status`. `corrupt` when it is no
/// such JSON. Pure.
Result<std::string> render_status_text(std::string_view json, const TextStyle& style);

}  // namespace foreshock::agent

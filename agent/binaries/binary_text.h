#pragma once

#include <string>

#include "common/model/binary_profile.h"
#include "common/text/text_table.h"

namespace foreshock::agent {

std::string render_binary_text(const BinaryProfile& binary, const TextStyle& style);
std::string render_binary_json(const BinaryProfile& binary);

}  // namespace foreshock::agent

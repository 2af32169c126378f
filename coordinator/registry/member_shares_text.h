#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "coordinator/model/model_version.h"

namespace foreshock::coordinator {

/// Lines of words: "member NAME" each, "point UP_TO SHARE..." each range, "distribution NAME" each,
/// "level UP_TO" each range, followed by a line "at SHARE..." for each of the seven levels.
std::string format_member_shares(const MemberShares& shares);
/// `corrupt` names the line. Sizes agree with each other in what it returns.
Result<MemberShares> parse_member_shares(std::string_view text);

}  // namespace foreshock::coordinator

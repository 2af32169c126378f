#pragma once

#include <string_view>

namespace foreshock::agent {

inline constexpr std::size_t kRandomTextBytes = 20;

/// Whether text of letters, digits and `+ / _ - =` looks as if drawn at random, the way keys and
/// tokens are.
///
/// It does when it is at least `min_bytes` long, has lower case, upper case and digits, and changes
/// between them often, a capital before small letters not counted: words written together
/// (LoadBalancerV2) change seldom. Lower case with digits only must be longer, of letters beyond f,
/// equally restless, and in one piece: web-7d4b9c6f5d-x2x9z is a name. So hexadecimal never does:
/// commit hashes, digests, UUIDs and container ids, which learning needs, are safe.
bool looks_random(std::string_view text, std::size_t min_bytes = kRandomTextBytes);

}  // namespace foreshock::agent

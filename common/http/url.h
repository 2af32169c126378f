#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foreshock {

/// A request target taken apart and decoded.
struct UrlTarget {
  std::vector<std::string> segments;         ///< "/v1/agents/a%2Fb" → "v1", "agents", "a/b"
  std::map<std::string, std::string> query;  ///< of a name given twice the last counts
};

/// Escapes all but letters, digits and "-._~", so that the text is one path segment or one query
/// value.
std::string encode_url(std::string_view text);

/// Undoes encode_url; absent when an escape is not two hex digits. `plus_is_space`: as queries have
/// it.
std::optional<std::string> decode_url(std::string_view text, bool plus_is_space);

/// Splits first and decodes afterwards, so that an escaped "/" stays inside its segment.
std::optional<UrlTarget> parse_target(std::string_view target);

}  // namespace foreshock

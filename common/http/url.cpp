#include "common/http/url.h"

namespace foreshock {

namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

/// Calls with each part between separators; an empty text has no parts. False as soon as one call
/// is.
template <typename Callback>
bool for_each_part(std::string_view text, char separator, Callback callback) {
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (!callback(text.substr(0, end))) return false;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return true;
}

bool add_query_part(std::string_view part, std::map<std::string, std::string>& query) {
  const auto equals = part.find('=');
  const auto name = decode_url(part.substr(0, equals), true);
  const auto value =
      equals == std::string_view::npos ? "" : decode_url(part.substr(equals + 1), true);
  if (!name || !value) return false;
  query[*name] = *value;
  return true;
}

}  // namespace

std::string encode_url(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 15];
  }
  return encoded;
}

std::optional<std::string> decode_url(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = hex_value(text[i + 1]);
      const auto low = hex_value(text[i + 2]);
      if (!high || !low) return std::nullopt;
      decoded += static_cast<char>(*high << 4 | *low);
      i += 2;
    }
  }
  return decoded;
}

std::optional<UrlTarget> parse_target(std::string_view target) {
  UrlTarget parsed;
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  std::string_view path = target.substr(0, question);
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  const bool sound_path = for_each_part(path, '/', [&](std::string_view part) {
    auto segment = decode_url(part, false);
    if (!segment) return false;
    parsed.segments.push_back(*std::move(segment));
    return true;
  });
  if (!sound_path) return std::nullopt;
  if (question == std::string_view::npos) return parsed;
  const bool sound_query = for_each_part(
      target.substr(question + 1), '&',
      [&](std::string_view part) { return part.empty() || add_query_part(part, parsed.query); });
  if (!sound_query) return std::nullopt;
  return parsed;
}

}  // namespace foreshock

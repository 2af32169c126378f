#include "common/text/glob.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace foreshock {

namespace {

/// One row per pattern token, one bit per position of the text: what the tokens so far can end on.
/// Row by row instead of back-tracking, so that no pattern makes it exponential. Source: Thompson,
/// "Regular expression search algorithm" (1968), states as a set.
bool matches(std::string_view pattern, std::string_view text, bool slash_is_a_border) {
  std::string reached(text.size() + 1, '\0');
  reached[0] = 1;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    const bool star = pattern[p] == '*';
    const bool crosses = star && (!slash_is_a_border || pattern.substr(p, 2) == "**");
    if (star) {
      while (p + 1 < pattern.size() && crosses && pattern[p + 1] == '*') ++p;
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (reached[i] && (crosses || text[i] != '/')) reached[i + 1] = 1;
      }
      continue;
    }
    for (std::size_t i = text.size(); i > 0; --i) {
      const char c = text[i - 1];
      const bool fits = pattern[p] == '?' ? !(slash_is_a_border && c == '/') : pattern[p] == c;
      reached[i] = static_cast<char>(fits && reached[i - 1]);
    }
    reached[0] = 0;
  }
  return reached[text.size()] != 0;
}

}  // namespace

bool matches_path_glob(std::string_view pattern, std::string_view path) {
  return matches(pattern, path, true);
}

bool matches_text_glob(std::string_view pattern, std::string_view text) {
  return matches(pattern, text, false);
}

}  // namespace foreshock

#include "coordinator/history/argv_text.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

std::optional<std::vector<std::size_t>> parse_lengths(std::string_view text) {
  std::vector<std::size_t> lengths;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (;;) {
    std::size_t length = 0;
    const auto [rest, error] = std::from_chars(at, end, length);
    if (error != std::errc()) return std::nullopt;
    lengths.push_back(length);
    if (rest == end) return lengths;
    if (*rest != ',') return std::nullopt;
    at = rest + 1;
  }
}

std::optional<std::vector<std::string>> split_by_length(std::string_view text,
                                                        std::string_view word_bytes) {
  const auto lengths = parse_lengths(word_bytes);
  if (!lengths) return std::nullopt;
  std::vector<std::string> words;
  for (const std::size_t length : *lengths) {
    if (!words.empty()) {
      if (!text.starts_with(' ')) return std::nullopt;
      text.remove_prefix(1);
    }
    if (length > text.size()) return std::nullopt;
    words.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  if (!text.empty()) return std::nullopt;
  return words;
}

std::vector<std::string> split_at_spaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

}  // namespace

ArgvText join_words(const std::vector<std::string_view>& words) {
  ArgvText result;
  bool first = true;
  bool ambiguous = false;
  for (const std::string_view word : words) {
    if (!first) result.text += ' ';
    first = false;
    result.text += word;
    ambiguous = ambiguous || word.empty() || word.find(' ') != word.npos;
  }
  if (ambiguous) {
    std::string lengths;
    for (const std::string_view word : words) {
      fmt::format_to(std::back_inserter(lengths), "{}{}", lengths.empty() ? "" : ",", word.size());
    }
    result.word_bytes = std::move(lengths);
  }
  return result;
}

std::vector<std::string> split_words(std::string_view text,
                                     std::optional<std::string_view> word_bytes) {
  if (word_bytes) {
    if (auto words = split_by_length(text, *word_bytes)) return *std::move(words);
  }
  return split_at_spaces(text);
}

}  // namespace foreshock::coordinator

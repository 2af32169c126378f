#include "agent/redact/random_text.h"

#include <algorithm>

#include "agent/redact/command_words.h"
#include "agent/redact/rule_functions.h"

namespace foreshock::agent {
namespace {

enum class Class { other, lower, upper, digit };

Class class_of(char c) {
  if (c >= 'a' && c <= 'z') return Class::lower;
  if (c >= 'A' && c <= 'Z') return Class::upper;
  if (c >= '0' && c <= '9') return Class::digit;
  return Class::other;
}

struct Census {
  std::size_t lower = 0, upper = 0, digits = 0, beyond_f = 0, changes = 0;
};

Census count_classes(std::string_view text) {
  Census census;
  Class before = Class::other;
  for (const char c : text) {
    const Class now = class_of(c);
    if (now == Class::other) continue;
    census.lower += now == Class::lower ? 1 : 0;
    census.upper += now == Class::upper ? 1 : 0;
    census.digits += now == Class::digit ? 1 : 0;
    census.beyond_f += to_lower(c) > 'f' ? 1 : 0;
    const bool capital = before == Class::upper && now == Class::lower;
    census.changes += before != Class::other && before != now && !capital ? 1 : 0;
    before = now;
  }
  return census;
}

std::size_t longest_piece(std::string_view text) {
  std::size_t longest = 0;
  std::size_t piece = 0;
  for (const char c : text) {
    piece = is_alnum(c) ? piece + 1 : 0;
    longest = std::max(longest, piece);
  }
  return longest;
}

bool is_base64_byte(char c) {
  return is_alnum(c) || c == '+' || c == '/' || c == '_' || c == '-';
}

/// A run of base64 with its padding.
std::size_t end_of_run(std::string_view text, std::size_t at) {
  while (at < text.size() && is_base64_byte(text[at])) ++at;
  auto end = at;
  while (end < text.size() && text[end] == '=' && end < at + 2) ++end;
  const bool padding = end == text.size() || !is_alnum(text[end]);  // else NAME=value
  return padding ? end : at;
}

/// A cut word may be the beginning of a key: much less is enough then.
constexpr std::size_t kCutRandomTextBytes = 8;

bool is_path_start(std::string_view text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
         text.starts_with("~/");
}

}  // namespace

bool looks_random(std::string_view text, std::size_t min_bytes) {
  if (text.size() < min_bytes) return false;
  const Census census = count_classes(text);
  const std::size_t counted = census.lower + census.upper + census.digits;
  if (counted * 10 < text.size() * 8) return false;  // mostly punctuation: separators, dashes
  const bool restless = census.changes * 100 >= counted * 28;
  if (census.lower > 0 && census.upper > 0 && census.digits > 0) return restless;
  // Words and short ids joined by dashes are names: web-7d4b9c6f5d-x2x9z.
  if (longest_piece(text) < min_bytes) return false;
  const bool one_case = census.lower == 0 || census.upper == 0;
  return one_case && census.digits > 0 && text.size() >= min_bytes + 4 &&
         census.beyond_f * 4 >= counted && restless;
}

void find_random_text(const WordContext& at, Findings& out) {
  const Word& word = at.word();
  const auto text = word.text;
  bool in_path = is_path_start(text);
  for (std::size_t i = 0; i < text.size();) {
    if (!is_base64_byte(text[i])) {
      const bool separates =
          std::string_view("=:,;\"' \t\n").find(text[i]) != std::string_view::npos;
      ++i;
      if (separates) in_path = is_path_start(text.substr(i));
      continue;
    }
    const auto end = end_of_run(text, i);
    const auto run = text.substr(i, end - i);
    const bool cut_here = word.cut && end == text.size();
    if (!in_path && looks_random(run, cut_here ? kCutRandomTextBytes : kRandomTextBytes))
      out.add(run);
    i = end;
  }
}

}  // namespace foreshock::agent

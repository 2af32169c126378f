#include "agent/redact/command_words.h"

#include <algorithm>
#include <array>

#include "agent/redact/redactor.h"

namespace foreshock::agent {
namespace {

// In the table below only: what continues a run.
constexpr std::uint16_t kRunByte = 1 << 15;
constexpr std::uint16_t kBase64Byte = 1 << 14;

constexpr std::array<std::uint16_t, 256> make_trait_table() {
  std::array<std::uint16_t, 256> table{};
  const auto set = [&table](std::string_view bytes, std::uint16_t trait) {
    for (const char c : bytes) table[static_cast<unsigned char>(c)] |= trait;
  };
  set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", kRunByte | kBase64Byte);
  set("+/", kBase64Byte);
  set("=", kEquals);
  set(":", kColon);
  set("@", kAt);
  set("/", kSlash);
  set(" \t\n\r\v\f", kSpace);
  set("\"'", kQuote);
  set(";|&()<>`", kShell);
  return table;
}
constexpr auto kTraits = make_trait_table();

bool has_trait(char c, std::uint16_t trait) {
  return (kTraits[static_cast<unsigned char>(c)] & trait) != 0;
}

/// End of the shell word that begins at `at`.
std::size_t end_of_shell_word(std::string_view script, std::size_t at) {
  char quote = 0;
  for (; at < script.size(); ++at) {
    const char c = script[at];
    if (c == '<' && script.substr(at).starts_with(kRedacted)) {
      at += kRedacted.size() - 1;  // not a redirection: what an earlier pass left
    } else if (c == '\\' && quote != '\'' && at + 1 < script.size()) {
      ++at;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (has_trait(c, kSpace | kShell)) {
      return at;
    }
  }
  return script.size();
}

}  // namespace

Word make_word(std::string_view text, bool cut) {
  Word word{text, kNoTrait, cut};
  std::uint16_t seen = 0;
  std::size_t run = 0;
  std::size_t base64_run = 0;
  for (const char c : text) {
    const auto traits = kTraits[static_cast<unsigned char>(c)];
    seen |= traits;
    run = (traits & kRunByte) != 0 ? run + 1 : 0;
    base64_run = (traits & kBase64Byte) != 0 ? base64_run + 1 : 0;
    if (run == kLongRunBytes) seen |= kLongRun;
    if (base64_run == kBase64RunBytes) seen |= kBase64Run;
  }
  word.traits = seen & static_cast<std::uint16_t>(~(kRunByte | kBase64Byte));
  if (!text.empty() && text.front() == '-') word.traits |= kDash;
  return word;
}

std::vector<Word> split_script(std::string_view script, bool cut) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < script.size();) {
    if (has_trait(script[at], kSpace | kShell) && !script.substr(at).starts_with(kRedacted)) {
      ++at;
      continue;
    }
    const auto end = end_of_shell_word(script, at);
    words.push_back(make_word(unquote(script.substr(at, end - at)), cut && end == script.size()));
    at = end;
  }
  return words;
}

std::vector<Word> split_text(std::string_view text, bool cut) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto is_separator = [](char c) { return has_trait(c, kSpace | kQuote); };
    const auto begin =
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_separator);
    const auto end = std::find_if(begin, text.end(), is_separator);
    const auto from = static_cast<std::size_t>(begin - text.begin());
    at = static_cast<std::size_t>(end - text.begin());
    if (from < at)
      words.push_back(make_word(text.substr(from, at - from), cut && at == text.size()));
  }
  return words;
}

bool is_space(char c) {
  return has_trait(c, kSpace);
}

bool is_alnum(char c) {
  return has_trait(c, kRunByte) && c != '_' && c != '-';
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

std::size_t find_ignoring_case(std::string_view text, std::string_view lower_needle,
                               std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                                 lower_needle.begin(), lower_needle.end(),
                                 [](char a, char b) { return to_lower(a) == b; });
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view unquote(std::string_view text) {
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return text;
  const auto close = text.find(text.front(), 1);
  if (close == std::string_view::npos) return text.substr(1);
  return close + 1 == text.size() ? text.substr(1, close - 1) : text;
}

}  // namespace foreshock::agent

#include "common/signature/script_words.h"

#include <algorithm>
#include <utility>

#include "common/signature/signature.h"

namespace foreshock {
namespace {

constexpr std::string_view kSpaces = " \t\r\v\f";
constexpr std::string_view kOperatorBytes = "|&;<>\n()";

bool is_one_of(char c, std::string_view bytes) {
  return bytes.find(c) != std::string_view::npos;
}

std::size_t end_of_operator(std::string_view script, std::size_t at) {
  if (script[at] == '\n' || script[at] == '(' || script[at] == ')') return at + 1;
  if (script.substr(at).starts_with(">&") || script.substr(at).starts_with("<&"))
    return std::min(at + 3, script.size());
  const bool doubled = at + 1 < script.size() && script[at + 1] == script[at];
  return doubled ? at + 2 : at + 1;
}

std::size_t end_of_word(std::string_view script, std::size_t at) {
  char quote = 0;
  for (; at < script.size(); ++at) {
    const char c = script[at];
    if (c == '\\' && quote != '\'' && at + 1 < script.size()) {
      ++at;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (script.substr(at).starts_with("<redacted>")) {
      at += 9;
    } else if (is_one_of(c, kSpaces) || is_one_of(c, kOperatorBytes)) {
      return at;
    }
  }
  return script.size();
}

std::string_view without_quotes(std::string_view word) {
  if (word.size() < 2 || (word.front() != '"' && word.front() != '\'')) return word;
  return word.find(word.front(), 1) == word.size() - 1 ? word.substr(1, word.size() - 2) : word;
}

}  // namespace

std::vector<std::string_view> split_shell_words(std::string_view script, std::size_t limit) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < script.size() && words.size() < limit;) {
    const bool mark = script.substr(at).starts_with("<redacted>");
    if (is_one_of(script[at], kSpaces)) {
      ++at;
    } else if (is_one_of(script[at], kOperatorBytes) && !mark) {
      const auto end = end_of_operator(script, at);
      words.push_back(script[at] == '\n' ? std::string_view(";") : script.substr(at, end - at));
      at = end;
    } else {
      const auto end = end_of_word(script, at);
      words.push_back(without_quotes(script.substr(at, end - at)));
      at = end;
    }
  }
  return words;
}

std::vector<std::string> split_command_line(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '\\' && quote != '\'' && at + 1 < line.size()) {
      word += line[++at];
      inside = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      inside = true;
    } else if (is_one_of(c, kSpaces) || c == '\n') {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

bool ends_command(std::string_view word) {
  return word == "|" || word == "||" || word == "&&" || word == "&" || word == ";" ||
         word == ";;" || word == "(" || word == ")";
}

}  // namespace foreshock

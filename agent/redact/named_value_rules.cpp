#include <algorithm>
#include <string_view>

#include "agent/redact/rule_functions.h"
#include "agent/redact/secret_names.h"
#include "agent/redact/tool_options.h"

namespace foreshock::agent {
namespace {

bool is_name_byte(char c) {
  return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

/// The name that ends before `end`, without the quotes around it.
std::string_view name_before(std::string_view text, std::size_t end) {
  if (end > 0 && (text[end - 1] == '"' || text[end - 1] == '\'')) --end;
  std::size_t begin = end;
  while (begin > 0 && is_name_byte(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

/// A value inside a word ends with its quote, or where the next name may begin.
std::string_view value_at(std::string_view text, std::size_t begin) {
  const auto rest = text.substr(begin);
  if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) {
    return rest.substr(1, rest.find(rest.front(), 1) - 1);
  }
  return rest.substr(0, rest.find_first_of("&;,\"' \t\n)}]#"));
}

/// Where a part of the text ends in it.
std::size_t end_of(std::string_view part, std::string_view text) {
  return static_cast<std::size_t>(part.data() + part.size() - text.data());
}

void add_if_secret(NameKind kind, std::string_view value, const WordContext& at, Findings& out) {
  value = unquote(value);
  if (is_secret_value(kind, value, at.in_script())) out.add(value);
}

/// An environment variable: the rest of the word is its value.
bool is_capitals(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Where a word `a=1,b=2` goes on with the next pair; npos when it does not.
std::size_t find_next_pair(std::string_view text) {
  for (auto at = text.find_first_of(",;& "); at != std::string_view::npos;
       at = text.find_first_of(",;& ", at + 1)) {
    auto end = at + 1;
    while (end < text.size() && is_name_byte(text[end])) ++end;
    if (end >= at + 3 && end < text.size() && text[end] == '=') return at;
  }
  return std::string_view::npos;
}

bool has_form(const WordContext& at, std::string_view option, SecretForm form) {
  const auto rows = tool_options(at.tool);
  return std::ranges::any_of(rows, [option, form](const ToolOption& row) {
    return row.form == form && row.option == option;
  });
}

}  // namespace

void find_option_value(const WordContext& at, Findings& out) {
  const auto text = at.word().text;
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  if (!std::ranges::all_of(name, is_name_byte)) return;
  if (has_form(at, name, SecretForm::no_secret)) return;
  add_if_secret(classify_name(name), text.substr(equals + 1), at, out);
}

void find_option_next_word(const WordContext& at, Findings& out) {
  const auto option = at.word().text;
  const Word* value = at.next();
  if (value == nullptr || (value->traits & kDash) != 0 || at.kind == WordsKind::text) return;
  if ((at.word().traits & (kEquals | kColon | kSpace)) != 0 || option.size() < 4) return;
  if (has_form(at, option, SecretForm::no_secret)) return;
  if (has_form(at, option, SecretForm::no_next_word)) return;
  const auto kind = classify_name(option);
  if (kind == NameKind::innocent || value->text.starts_with("pass:")) return;
  add_if_secret(kind, value->text, at, out);
}

void find_assignment(const WordContext& at, Findings& out) {
  const auto text = at.word().text;
  for (auto equals = text.find('='); equals != std::string_view::npos;
       equals = text.find('=', equals + 1)) {
    const auto name = name_before(text, equals);
    if (name.size() < 3) continue;
    const auto kind = classify_name(name);
    if (kind == NameKind::innocent) continue;
    const bool starts_word = name.data() == text.data();
    if (starts_word && (at.word().traits & kDash) != 0) continue;  // an option: has its own rule
    if (starts_word && at.kind != WordsKind::text && !at.holds_script) {
      const auto rest = text.substr(equals + 1);
      const auto end = is_capitals(name) ? std::string_view::npos : find_next_pair(rest);
      add_if_secret(kind, rest.substr(0, end), at, out);
      if (end == std::string_view::npos) return;
      equals += end;
      continue;
    }
    const auto value = value_at(text, equals + 1);
    add_if_secret(kind, value, at, out);
    equals = end_of(value, text) - 1;  // the value is not searched again: keeps this linear
  }
}

void find_field(const WordContext& at, Findings& out) {
  const auto text = at.word().text;
  for (auto colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', colon + 1)) {
    const bool quoted = colon > 0 && (text[colon - 1] == '"' || text[colon - 1] == '\'');
    auto begin = colon + 1;
    while (begin < text.size() && is_space(text[begin])) ++begin;
    if (!quoted && begin == colon + 1) continue;  // host:port, image:tag, a:b
    const auto name = name_before(text, colon);
    const auto kind = name.size() >= 3 ? classify_name(name) : NameKind::innocent;
    if (kind == NameKind::innocent ||
        find_ignoring_case(name, "authorization") != std::string_view::npos)
      continue;
    const auto value = value_at(text, begin);
    add_if_secret(kind, value, at, out);
    colon = std::max(colon, end_of(value, text) - 1);
  }
}

void find_setting(const WordContext& at, Findings& out) {
  const Word* value = at.next();
  if (value == nullptr || at.index == 0 || at.kind == WordsKind::text) return;
  const auto name = at.word().text;
  if ((at.word().traits & (kDash | kEquals | kSpace)) != 0) return;
  const auto before = at.words[at.index - 1].text;
  if (before != "set" && before != "config" && before != "--global" && before != "--local" &&
      before != "--add")
    return;
  if (name.find_first_of("._:") == std::string_view::npos || (value->traits & kDash) != 0) return;
  add_if_secret(classify_name(name.substr(name.rfind(':') + 1)), value->text, at, out);
}

void find_openssl_password(const WordContext& at, Findings& out) {
  constexpr std::string_view kPrefix = "pass:";
  const auto text = at.word().text;
  if (!text.starts_with(kPrefix) || at.index == 0 ||
      !at.words[at.index - 1].text.starts_with("-pass"))
    return;
  add_if_secret(NameKind::secret, text.substr(kPrefix.size()), at, out);
}

void find_sql_password(const WordContext& at, Findings& out) {
  const auto text = at.word().text;
  for (const std::string_view keyword : {"password", "identified by", "identified with"}) {
    for (auto found = find_ignoring_case(text, keyword); found != std::string_view::npos;
         found = find_ignoring_case(text, keyword, found + 1)) {
      const auto begin = text.find_first_not_of(" \t\n=(", found + keyword.size());
      if (begin == std::string_view::npos || (text[begin] != '\'' && text[begin] != '"')) continue;
      if (begin == found + keyword.size()) continue;  // '"password"' itself
      const auto value = value_at(text, begin);
      add_if_secret(NameKind::secret, value, at, out);
      found = std::max(found, end_of(value, text) - 1);
    }
  }
}

}  // namespace foreshock::agent

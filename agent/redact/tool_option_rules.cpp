#include <algorithm>
#include <optional>

#include "agent/redact/redactor.h"
#include "agent/redact/rule_functions.h"
#include "agent/redact/secret_names.h"
#include "agent/redact/tool_options.h"

namespace foreshock::agent {
namespace {

/// A sub-command stands near its tool; also keeps the search short on hostile command lines.
constexpr std::size_t kSubCommandWithin = 16;

bool applies(const ToolOption& row, const WordContext& at) {
  if (row.sub_command.empty()) return true;
  const auto between =
      at.words.subspan(at.tool_index, std::min(at.index - at.tool_index, kSubCommandWithin));
  return std::ranges::any_of(between,
                             [&row](const Word& word) { return word.text == row.sub_command; });
}

void add(std::string_view value, const WordContext& at, Findings& out) {
  value = unquote(value);
  const bool variable = at.in_script() && value.starts_with('$');
  if (!variable && value != kRedacted) out.add(value);
}

/// What is written in the option's own word, after it and a possible '='.
std::optional<std::string_view> attached_value(const ToolOption& row, const WordContext& at) {
  auto text = at.word().text;
  if (!text.starts_with(row.option) || text.size() == row.option.size()) return std::nullopt;
  text.remove_prefix(row.option.size());
  const bool long_option = row.option.starts_with("--");
  if (long_option && text.front() != '=') return std::nullopt;  // a longer name
  if (text.front() == '=') text.remove_prefix(1);
  return text;
}

std::optional<std::string_view> next_value(const ToolOption& row, const WordContext& at) {
  const Word* next = at.next();
  if (at.word().text != row.option || next == nullptr) return std::nullopt;
  return next->text;
}

std::optional<std::string_view> value_of(const ToolOption& row, const WordContext& at) {
  if (const auto attached = attached_value(row, at)) return attached;
  return next_value(row, at);
}

/// Separator of a user and a password in one value.
char separator_of(SecretForm form) {
  switch (form) {
    case SecretForm::after_colon:
      return ':';
    case SecretForm::after_percent:
      return '%';
    case SecretForm::after_comma:
      return ',';
    case SecretForm::after_equals:
      return '=';
    default:
      return 0;
  }
}

const Word* next_plain_word(const WordContext& at) {
  for (std::size_t distance = 1; distance <= kSubCommandWithin; ++distance) {
    const Word* word = at.next(distance);
    if (word == nullptr || (word->traits & kDash) == 0) return word;
  }
  return nullptr;
}

/// The word announces that the last one is a secret: htpasswd's -b, wpa_passphrase's second
/// operand.
bool announces_last_word(const ToolOption& row, const WordContext& at) {
  const auto text = at.word().text;
  if (row.option.empty()) return at.index == at.tool_index + 2;
  const bool short_options = (at.word().traits & kDash) != 0 && !text.starts_with("--");
  return short_options && text.find(row.option) != std::string_view::npos;
}

const Word* named_value(const WordContext& at) {
  const Word* name = at.next();
  const Word* value = at.next(2);
  if (name == nullptr || value == nullptr) return nullptr;
  return is_secret_value(classify_name(name->text), value->text, at.in_script()) ? value : nullptr;
}

/// scott/tiger@orcl: the part between.
std::optional<std::string_view> oracle_password(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
  const auto user = text.substr(0, slash);
  const bool plain = std::ranges::all_of(user, [](char c) { return is_alnum(c) || c == '_'; });
  const auto password = text.substr(slash + 1, text.find('@', slash) - slash - 1);
  if (!plain || password.find('/') != std::string_view::npos) return std::nullopt;
  return password;
}

const Word* find_argument(const ToolOption& row, const WordContext& at) {
  const bool named = at.word().text == row.option;
  switch (row.form) {
    case SecretForm::word_after:
      return named ? next_plain_word(at) : nullptr;
    case SecretForm::second_after:
      return named ? at.next(2) : nullptr;
    case SecretForm::fourth_after:
      return named ? at.next(4) : nullptr;
    case SecretForm::named_value:
      return named ? named_value(at) : nullptr;
    case SecretForm::last_word:
      return announces_last_word(row, at) ? &at.words.back() : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

void find_tool_password(const WordContext& at, Findings& out) {
  if (at.tool.empty() || at.index == at.tool_index) return;
  for (const auto& row : tool_options(at.tool)) {
    if (!applies(row, at)) continue;
    if (row.form == SecretForm::attached || row.form == SecretForm::either) {
      if (const auto value = attached_value(row, at)) add(*value, at, out);
    }
    if (row.form == SecretForm::next_word || row.form == SecretForm::either) {
      if (const auto value = next_value(row, at)) add(*value, at, out);
    }
  }
}

void find_tool_user_and_password(const WordContext& at, Findings& out) {
  if (at.tool.empty() || at.index == at.tool_index) return;
  for (const auto& row : tool_options(at.tool)) {
    if (row.form == SecretForm::oracle_login) {
      if (const auto password = oracle_password(at.word().text)) add(*password, at, out);
    }
    const char separator = separator_of(row.form);
    if (separator == 0 || !applies(row, at)) continue;
    const auto value = value_of(row, at);
    if (!value) continue;
    const auto split = value->find(separator);
    if (split != std::string_view::npos) add(value->substr(split + 1), at, out);
  }
}

void find_tool_argument(const WordContext& at, Findings& out) {
  if (at.tool.empty() || at.index == at.tool_index) return;
  for (const auto& row : tool_options(at.tool)) {
    const Word* value = find_argument(row, at);
    if (value == nullptr || !applies(row, at)) continue;
    if ((value->traits & (kDash | kEquals)) == 0) add(value->text, at, out);
  }
}

}  // namespace foreshock::agent

#pragma once

#include <span>
#include <string_view>

namespace foreshock::agent {

/// How a tool takes a secret.
enum class SecretForm {
  attached,       ///< -pSECRET
  next_word,      ///< -p SECRET
  either,         ///< -pSECRET or -p SECRET
  after_colon,    ///< -u user:SECRET or -uuser:SECRET
  after_percent,  ///< -U user%SECRET
  after_comma,    ///< -u user,SECRET
  after_equals,   ///< --from-literal=name=SECRET or --from-literal name=SECRET
  word_after,     ///< the word after this one: vault login SECRET
  fourth_after,   ///< the fourth word after: mc alias set NAME URL USER SECRET
  named_value,    ///< the second word after, where the word after names a secret: jq --arg token
                  ///< SECRET
  oracle_login,   ///< any word user/SECRET or user/SECRET@database
  second_after,   ///< the second word after: rabbitmqctl add_user NAME SECRET
  no_next_word,   ///< --password=SECRET, but without '=' it asks: the next word is something else
  no_secret,      ///< the option means something else here
  last_word,  ///< where this option letter is given, the last word: htpasswd -b FILE USER SECRET
};

struct ToolOption {
  std::string_view tool;         ///< base name
  std::string_view sub_command;  ///< must stand between; empty: none needed
  std::string_view option;
  SecretForm form;
};

/// What is known about a tool; empty for most.
std::span<const ToolOption> tool_options(std::string_view tool);

}  // namespace foreshock::agent

#include <algorithm>

#include "agent/redact/redactor.h"
#include "agent/redact/rule_functions.h"

namespace foreshock::agent {
namespace {

constexpr std::string_view kSecretHeaders[] = {
    "authorization:",
    "cookie:",
    "set-cookie:",
    "x-api-key:",
    "api-key:",
    "apikey:",
    "x-auth-token:",
    "private-token:",
    "job-token:",
    "x-vault-token:",
    "x-amz-security-token:",
    "x-access-token:",
    "x-csrf-token:",
    "x-auth-key:",
    "ocp-apim-subscription-key:",
    "x-goog-api-key:",
};

constexpr std::string_view kSchemes[] = {"basic",     "bearer", "token", "digest",
                                         "negotiate", "apikey", "ntlm"};

/// `Bearer abc` → `abc`: the scheme stays.
std::string_view without_scheme(std::string_view value) {
  const auto space = value.find(' ');
  if (space == std::string_view::npos) return value;
  const auto scheme = value.substr(0, space);
  const bool known =
      std::ranges::any_of(kSchemes, [&](auto s) { return equals_ignoring_case(s, scheme); });
  return known ? value.substr(space + 1) : value;
}

void add_value(std::string_view line, const WordContext& at, Findings& out) {
  const auto value = without_scheme(line);
  const bool variable = at.in_script() && value.starts_with('$');
  if (!variable && value != kRedacted) out.add(value);
}

bool begins_header(std::string_view text, std::size_t at) {
  return at == 0 || text[at - 1] == '-' || !is_alnum(text[at - 1]);
}

}  // namespace

void find_header(const WordContext& at, Findings& out) {
  const auto text = at.word().text;
  for (const auto header : kSecretHeaders) {
    for (auto found = find_ignoring_case(text, header); found != std::string_view::npos;
         found = find_ignoring_case(text, header, found)) {
      const bool begins = begins_header(text, found);
      const auto begin =
          std::min(text.find_first_not_of(" \t", found + header.size()), text.size());
      // A header ends with its line or, in prose or a script, with the quote around it.
      const auto end = std::min(text.find_first_of("\r\n\"'", begin), text.size());
      if (begins) add_value(text.substr(begin, end - begin), at, out);
      found = begins ? end : begin;
    }
  }
}

}  // namespace foreshock::agent

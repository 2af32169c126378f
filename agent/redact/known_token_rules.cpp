#include <span>

#include "agent/redact/rule_functions.h"

namespace foreshock::agent {
namespace {

/// A token known by how it begins.
struct Prefix {
  std::string_view text;
  std::size_t min_tail;  ///< shorter ones are ordinary words
};

bool is_token_byte(char c) {
  return is_alnum(c) || c == '_' || c == '-';
}

bool has_digit_or_upper(std::string_view text) {
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) return true;
  }
  return false;
}

/// `extra`: bytes besides letters, digits, '_' and '-' that such a token may have.
void find_prefixed(std::span<const Prefix> prefixes, std::string_view extra, const WordContext& at,
                   Findings& out) {
  const Word& word = at.word();
  const auto text = word.text;
  for (const auto& prefix : prefixes) {
    for (auto found = text.find(prefix.text); found != std::string_view::npos;
         found = text.find(prefix.text, found)) {
      auto end = found + prefix.text.size();
      while (end < text.size() &&
             (is_token_byte(text[end]) || extra.find(text[end]) != std::string_view::npos))
        ++end;
      const bool begins = found == 0 || !is_alnum(text[found - 1]);
      const auto token = text.substr(found, end - found);
      const auto tail = token.substr(prefix.text.size());
      const bool cut = word.cut && end == text.size();
      if (begins && (cut || (tail.size() >= prefix.min_tail && has_digit_or_upper(tail))))
        out.add(token);
      found = begins ? end : found + prefix.text.size();
    }
  }
}

}  // namespace

void find_github_token(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {{"ghp_", 30}, {"gho_", 30}, {"ghu_", 30},
                                         {"ghs_", 30}, {"ghr_", 30}, {"github_pat_", 20}};
  find_prefixed(kPrefixes, "", at, out);
}

void find_gitlab_token(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {{"glpat-", 16}, {"gldt-", 16},  {"glrt-", 16},
                                         {"glcbt-", 16}, {"glptt-", 16}, {"glsoat-", 16}};
  find_prefixed(kPrefixes, ".", at, out);
}

void find_slack_token(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {{"xoxb-", 10}, {"xoxp-", 10}, {"xoxa-", 10},
                                         {"xoxr-", 10}, {"xoxs-", 10}, {"xapp-", 10}};
  find_prefixed(kPrefixes, "", at, out);
}

void find_aws_key(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {{"AKIA", 12}, {"ASIA", 12}, {"ABIA", 12}};
  find_prefixed(kPrefixes, "", at, out);
}

void find_google_key(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {{"AIza", 30}, {"GOCSPX-", 20}, {"ya29.", 20}};
  find_prefixed(kPrefixes, ".", at, out);
}

void find_model_service_key(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {
      {"sk-", 18}, {"hf_", 20}, {"r8_", 30}, {"gsk_", 30}, {"pplx-", 30}};
  find_prefixed(kPrefixes, "", at, out);
}

void find_payment_key(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {{"sk_live_", 10}, {"sk_test_", 10}, {"rk_live_", 10},
                                         {"rk_test_", 10}, {"whsec_", 16},   {"sq0csp-", 20}};
  find_prefixed(kPrefixes, "", at, out);
}

void find_registry_token(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {{"npm_", 30},      {"pypi-AgE", 20}, {"dckr_pat_", 16},
                                         {"rubygems_", 30}, {"cio", 32},      {"dckr_oat_", 16}};
  find_prefixed(kPrefixes, "", at, out);
}

void find_cloud_token(const WordContext& at, Findings& out) {
  static constexpr Prefix kPrefixes[] = {
      {"dop_v1_", 30},     {"doo_v1_", 30}, {"hvs.", 20},     {"hvb.", 20},    {"SG.", 40},
      {"dapi", 30},        {"shpat_", 30},  {"lin_api_", 30}, {"glsa_", 30},   {"nvapi-", 40},
      {"tskey-auth-", 16}, {"PMAK-", 30},   {"key-", 32},     {"sbp_", 30},    {"fo1_", 30},
      {"squ_", 30},        {"sqp_", 30},    {"sqa_", 30},     {"sntrys_", 16}, {"eyJrIjoi", 30}};
  find_prefixed(kPrefixes, ".", at, out);
}

void find_jwt(const WordContext& at, Findings& out) {
  constexpr std::string_view kStart = "eyJ";  // base64 of '{"'
  const Word& word = at.word();
  const auto text = word.text;
  for (auto found = text.find(kStart); found != std::string_view::npos;
       found = text.find(kStart, found)) {
    std::size_t dots = 0;
    auto end = found;
    while (end < text.size() && (is_token_byte(text[end]) || text[end] == '.'))
      dots += text[end++] == '.' ? 1 : 0;
    const auto token = text.substr(found, end - found);
    if ((dots >= 1 && token.size() >= 20) || (word.cut && end == text.size())) out.add(token);
    found = end;
  }
}

void find_private_key(const WordContext& at, Findings& out) {
  const auto text = at.word().text;
  const auto begin = text.find("-----BEGIN ");
  if (begin == std::string_view::npos) return;
  const auto title_end = text.find("-----", begin + 11);
  const auto title = text.substr(begin, title_end - begin);
  // A title that was cut off may have been a private key's.
  if (title_end != std::string_view::npos && title.find("PRIVATE KEY") == std::string_view::npos)
    return;
  constexpr std::string_view kEnd = "-----END ";
  const auto end = text.find(kEnd, begin);
  const auto after = end == std::string_view::npos ? end : text.find("-----", end + kEnd.size());
  out.add(text.substr(begin, after == std::string_view::npos ? after : after + 5 - begin));
}

}  // namespace foreshock::agent

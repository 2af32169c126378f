#include <algorithm>

#include "agent/redact/random_text.h"
#include "agent/redact/redactor.h"
#include "agent/redact/rule_functions.h"

namespace foreshock::agent {
namespace {

constexpr std::string_view kMark = "://";

/// No credentials are longer; keeps the search linear on hostile text.
constexpr std::size_t kMaxAuthorityBytes = 1024;

/// What stands between :// and the host: everything before the last '@' of the authority.
void find_in_authority(std::string_view authority, bool open_end, const WordContext& at,
                       Findings& out) {
  const auto sign = authority.rfind('@');
  const bool cut_before_sign = sign == std::string_view::npos && open_end && at.word().cut;
  if (sign == std::string_view::npos && !cut_before_sign) return;
  const auto user_info = authority.substr(0, sign);
  const auto colon = user_info.find(':');
  const bool has_password = colon != std::string_view::npos;
  const auto secret = has_password ? user_info.substr(colon + 1) : user_info;
  if (secret == kRedacted || (at.in_script() && secret.starts_with('$'))) return;
  if (has_password || looks_random(secret, 16)) out.add(secret);
}

}  // namespace

void find_url_credentials(const WordContext& at, Findings& out) {
  const auto text = at.word().text;
  for (auto mark = text.find(kMark); mark != std::string_view::npos;
       mark = text.find(kMark, mark + 1)) {
    const auto rest = text.substr(mark + kMark.size(), kMaxAuthorityBytes);
    auto end = std::min(rest.find_first_of("/?# \t\n\"'<>"), rest.size());
    // An unescaped '/' or '?' in a password: the '@' comes later, before any further URL.
    const auto sign = rest.find('@');
    const auto colon = rest.find(':');
    if (sign != std::string_view::npos && sign > end && colon < end &&
        rest.find_first_of(" \t\n\"'") > sign && rest.find(kMark) > sign &&
        !std::ranges::all_of(rest.substr(colon + 1, end - colon - 1),
                             [](char c) { return c >= '0' && c <= '9'; })) {
      end = std::min(rest.find_first_of("/?# \t\n\"'<>", sign), rest.size());
    }
    find_in_authority(rest.substr(0, end), end == rest.size(), at, out);
  }
}

void find_webhook_url(const WordContext& at, Findings& out) {
  const auto text = at.word().text;
  for (const std::string_view place :
       {"hooks.slack.com/services/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/",
        "webhook.office.com/webhookb2/", "api.telegram.org/bot"}) {
    const auto found = text.find(place);
    if (found == std::string_view::npos) continue;
    const auto begin = found + place.size();
    const auto secret = text.substr(begin, text.find_first_of("? \t\n\"'", begin) - begin);
    if (secret != kRedacted && !secret.starts_with('$')) out.add(secret);
  }
}

}  // namespace foreshock::agent

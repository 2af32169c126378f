#include "agent/redact/built_in_rules.h"

#include "agent/redact/rule_functions.h"

namespace foreshock::agent {
namespace {

constexpr BuiltInRule kRules[] = {
    {"option_value", "--password=…, -token=…: an option whose name says secret", kDash | kEquals,
     find_option_value},
    {"option_next_word", "--password VALUE: the word after such an option", kDash,
     find_option_next_word},
    {"assignment", "NAME=secret, also inside a word (a=b,password=c; ?token=d&e)", kEquals,
     find_assignment},
    {"field", "\"password\": \"…\" of JSON, password: … of YAML", kColon, find_field},
    {"setting", "config set some.token VALUE", kNoTrait, find_setting},
    {"openssl_password", "-passin pass:…", kColon, find_openssl_password},
    {"sql_password", "IDENTIFIED BY '…', PASSWORD '…'", kSpace | kQuote, find_sql_password},
    {"tool_password", "-pSECRET, -p SECRET of tools known to take it (tool_options.cpp)", kNoTrait,
     find_tool_password},
    {"tool_user_and_password", "-u user:SECRET of tools known to take it (tool_options.cpp)",
     kNoTrait, find_tool_user_and_password},
    {"tool_argument", "vault login SECRET: arguments of known tools (tool_options.cpp)", kNoTrait,
     find_tool_argument},
    {"header", "Authorization: Bearer …, Cookie: …, X-Api-Key: …", kColon, find_header},
    {"url_credentials", "scheme://user:SECRET@host, scheme://TOKEN@host", kColon | kSlash,
     find_url_credentials},
    {"webhook_url", "hooks.slack.com/services/…, discord and Teams webhooks", kSlash,
     find_webhook_url},
    {"github_token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", kLongRun, find_github_token},
    {"gitlab_token", "glpat- gldt- glrt- glcbt- glptt-", kLongRun, find_gitlab_token},
    {"slack_token", "xoxb- xoxp- xoxa- xoxr- xoxs- xapp-", kLongRun, find_slack_token},
    {"aws_key", "AKIA… ASIA…", kLongRun, find_aws_key},
    {"google_key", "AIza… ya29.… GOCSPX-…", kLongRun, find_google_key},
    {"model_service_key", "sk-… hf_… r8_…", kLongRun, find_model_service_key},
    {"payment_key", "sk_live_ rk_live_ whsec_ …", kLongRun, find_payment_key},
    {"registry_token", "npm_ pypi- dckr_pat_ rubygems_ …", kLongRun, find_registry_token},
    {"cloud_token", "dop_v1_ hvs. dapi… SG. …", kLongRun, find_cloud_token},
    {"jwt", "eyJ….….…", kLongRun, find_jwt},
    {"private_key", "-----BEGIN … PRIVATE KEY-----", kSpace, find_private_key},
    {"random_text",
     "long text that looks random; not paths, hashes, UUIDs, container ids (random_text.h)",
     kBase64Run, find_random_text},
};

}  // namespace

std::span<const BuiltInRule> built_in_rules() {
  return kRules;
}

}  // namespace foreshock::agent

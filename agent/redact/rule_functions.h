#pragma once

#include "agent/redact/rule.h"

/// The matchers behind the table of built-in rules. Each looks at one word and its surroundings.
namespace foreshock::agent {

// named_value_rules.cpp: the name says that the value is secret
void find_option_value(const WordContext& at, Findings& out);
void find_option_next_word(const WordContext& at, Findings& out);
void find_assignment(const WordContext& at, Findings& out);
void find_field(const WordContext& at, Findings& out);
void find_setting(const WordContext& at, Findings& out);
void find_openssl_password(const WordContext& at, Findings& out);
void find_sql_password(const WordContext& at, Findings& out);

// tool_option_rules.cpp: the tool and its option say so
void find_tool_password(const WordContext& at, Findings& out);
void find_tool_user_and_password(const WordContext& at, Findings& out);
void find_tool_argument(const WordContext& at, Findings& out);

// header_rules.cpp, url_rules.cpp
void find_header(const WordContext& at, Findings& out);
void find_url_credentials(const WordContext& at, Findings& out);
void find_webhook_url(const WordContext& at, Findings& out);

// known_token_rules.cpp: the secret's own form says so
void find_github_token(const WordContext& at, Findings& out);
void find_gitlab_token(const WordContext& at, Findings& out);
void find_slack_token(const WordContext& at, Findings& out);
void find_aws_key(const WordContext& at, Findings& out);
void find_google_key(const WordContext& at, Findings& out);
void find_model_service_key(const WordContext& at, Findings& out);
void find_payment_key(const WordContext& at, Findings& out);
void find_registry_token(const WordContext& at, Findings& out);
void find_cloud_token(const WordContext& at, Findings& out);
void find_jwt(const WordContext& at, Findings& out);
void find_private_key(const WordContext& at, Findings& out);
void find_random_text(const WordContext& at, Findings& out);

}  // namespace foreshock::agent

#pragma once

#include <string_view>

namespace foreshock::agent {

/// What the name of an option, variable or field says about its value.
enum class NameKind {
  innocent,
  maybe,   ///< key, auth, cookie: the value decides
  secret,  ///< password, token, client_secret
};

/// Understands parts joined by - _ . or capitals: DB_PASSWORD, --api-key, clientSecret, PGPASSWORD.
/// A last part like file, ttl or length, or a first like no or ask, makes it innocent:
/// --password-file, --no-token.
NameKind classify_name(std::string_view name);

/// Whether the value of something so named is to be removed. Not so: nothing, yes and no, numbers
/// below 1000, paths, where to read it (file:… env:… @file, $VARIABLE of a script), what is
/// redacted already.
bool is_secret_value(NameKind kind, std::string_view value, bool in_script);

}  // namespace foreshock::agent

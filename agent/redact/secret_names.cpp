#include "agent/redact/secret_names.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "agent/redact/command_words.h"
#include "agent/redact/random_text.h"
#include "agent/redact/redactor.h"

namespace foreshock::agent {
namespace {

constexpr std::size_t kMaxNameBytes = 96;

// Each list is sorted: looked up by bisection.

// Last parts that tell of a secret without being one.
constexpr std::string_view kInnocentLast[] = {
    "age",       "alg",      "algorithm", "along",    "attempts", "audience", "backend", "base64",
    "bucket",    "budget",   "cache",     "class",    "cmd",      "command",  "count",   "dir",
    "directory", "disabled", "enabled",   "endpoint", "env",      "exp",      "expire",  "expires",
    "expiry",    "fd",       "file",      "filename", "files",    "format",   "helper",  "host",
    "id",        "identity", "ids",       "interval", "issuer",   "len",      "length",  "lifetime",
    "limit",     "manager",  "map",       "max",      "method",   "min",      "mode",    "mount",
    "name",      "names",    "namespace", "only",     "path",     "paths",    "plugin",  "policy",
    "prompt",    "provider", "ref",       "regex",    "required", "retries",  "scope",   "scopes",
    "server",    "service",  "size",      "sock",     "source",   "src",      "stdin",   "store",
    "through",   "thru",     "timeout",   "tries",    "ttl",      "type",     "uri",     "url",
    "user",      "username", "version",
};
// First parts of switches that take no value.
constexpr std::string_view kInnocentFirst[] = {
    "allow", "ask", "bypass", "change", "disable", "enable",  "force", "generate",
    "hide",  "is",  "list",   "mask",   "max",     "min",     "multi", "no",
    "num",   "one", "print",  "prompt", "reset",   "rotate",  "show",  "single",
    "skip",  "two", "use",    "verify", "with",    "without",
};
// What stands before `key` where it is no secret…
constexpr std::string_view kInnocentKey[] = {
    "cache", "foreign", "group", "hot",     "index", "map", "object", "partition", "primary",
    "pub",   "public",  "range", "routing", "row",   "s3",  "shard",  "sort",
};
// … and where it surely is.
constexpr std::string_view kSecretKey[] = {
    "access", "account", "admin",    "api",    "app",        "application", "auth",
    "cipher", "client",  "crypto",   "deploy", "encryption", "hmac",        "license",
    "master", "private", "recovery", "root",   "secret",     "service",     "session",
    "shared", "signing", "storage",  "unseal", "webhook",
};
constexpr std::string_view kNotPass[] = {
    "allpass", "bandpass", "bypass", "compass", "highpass", "lowpass", "overpass", "surpass",
};
constexpr std::string_view kPlainValues[] = {
    "-",     "auto",  "basic",  "default",  "digest", "disabled", "enabled",
    "false", "md5",   "never",  "no",       "none",   "null",     "off",
    "on",    "plain", "prompt", "required", "stdin",  "true",     "yes",
};

static_assert(std::ranges::is_sorted(kInnocentLast) && std::ranges::is_sorted(kInnocentFirst) &&
              std::ranges::is_sorted(kInnocentKey) && std::ranges::is_sorted(kSecretKey) &&
              std::ranges::is_sorted(kNotPass) && std::ranges::is_sorted(kPlainValues));

template <std::size_t N>
bool contains(const std::string_view (&sorted)[N], std::string_view word) {
  return std::ranges::binary_search(sorted, word);
}

/// One part of a name, in lower case, without digits at its end.
NameKind classify_part(std::string_view part, std::string_view before) {
  if (part.size() < 3) return NameKind::innocent;
  const auto ends = [part](std::string_view suffix) { return part.ends_with(suffix); };
  const auto secret_if = [](bool yes) { return yes ? NameKind::secret : NameKind::innocent; };
  switch (part.back()) {  // decides quickly: most parts end here
    case 'd':
      return secret_if(ends("password") || ends("passwd") || (ends("pwd") && part != "oldpwd") ||
                       part == "cred");
    case 's':
      if (ends("pass")) return secret_if(!contains(kNotPass, part));
      return secret_if(ends("credentials") || part == "creds" || ends("passwords") ||
                       ends("secrets"));
    case 't':
      if (part == "salt") return NameKind::maybe;
      return secret_if(ends("secret") || ends("passwort") || part == "jwt");
    case 'n':
      return secret_if(ends("token") || part == "authorization");
    case 'e':
      if (part == "cookie" || part == "signature") return NameKind::maybe;
      return secret_if(ends("passphrase") || ends("passcode"));
    case 'l':
      return secret_if(part == "credential");
    case 'r':
      return secret_if(part == "bearer");
    case 'p':
      return secret_if(part == "otp" || part == "totp");
    case 'k':
      return secret_if(part == "psk");
    case 'w':
      return secret_if(part == "passw" || part == "userpw" || part == "rootpw" || part == "bindpw");
    case 'h':
      return part == "auth" ? NameKind::maybe : NameKind::innocent;
    case 'g':
      return part == "sig" ? NameKind::maybe : NameKind::innocent;
    case 'y':
      if (part == "key") {
        if (contains(kSecretKey, before)) return NameKind::secret;
        return contains(kInnocentKey, before) ? NameKind::innocent : NameKind::maybe;
      }
      return secret_if(ends("apikey") || ends("secretkey") || ends("accesskey") ||
                       ends("privatekey") || ends("authkey") || ends("signingkey") ||
                       ends("encryptionkey") || ends("licensekey"));
    default:
      return NameKind::innocent;
  }
}

bool is_part_byte(char c) {
  return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80;
}

bool begins_part(std::string_view name, std::size_t i) {
  if (i == 0 || !is_part_byte(name[i - 1])) return true;
  const bool upper = name[i] >= 'A' && name[i] <= 'Z';
  const bool after_upper = name[i - 1] >= 'A' && name[i - 1] <= 'Z';
  return upper && !after_upper;
}

std::string_view without_digits_at_end(std::string_view part) {
  while (!part.empty() && part.back() >= '0' && part.back() <= '9') part.remove_suffix(1);
  return part;
}

bool is_small_number(std::string_view value) {
  return value.size() <= 3 &&
         std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_path(std::string_view value) {
  const bool start = value.starts_with('/') || value.starts_with("./") ||
                     value.starts_with("../") || value.starts_with("~/");
  const bool plain = std::ranges::all_of(value, [](char c) {
    return is_alnum(c) || std::string_view("/._-~@:%,").find(c) != std::string_view::npos;
  });
  return start && plain && !looks_random(base_name(value));
}

bool is_reference(std::string_view value) {
  for (const auto prefix : {"file:", "env:", "fd:", "@/", "@.", "vault:", "arn:"}) {
    if (value.starts_with(prefix)) return true;
  }
  return value.starts_with("id=") || value.starts_with("src=") || value.starts_with("type=");
}

/// Of a pattern or a format, where the real value is not.
bool is_placeholder(std::string_view value) {
  for (const auto prefix : {".*", "[^", "%s", "%(", "{}", "{{", "***"}) {
    if (value.starts_with(prefix)) return true;
  }
  return false;
}

bool is_variable(std::string_view value) {
  if (value == "$") return true;  // $( … )
  return value.size() > 1 && value.front() == '$' &&
         (is_alnum(value[1]) || value[1] == '{' || value[1] == '(' || value[1] == '_');
}

/// For names like key or auth: nobody types such a value as an ordinary word.
bool is_keylike(std::string_view value) {
  if (looks_random(value, 12)) return true;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return value.size() >= 16 && std::ranges::all_of(value, is_alnum) &&
         std::ranges::any_of(value, is_digit) && !std::ranges::all_of(value, is_digit);
}

}  // namespace

NameKind classify_name(std::string_view name) {
  while (name.starts_with('-')) name.remove_prefix(1);
  if (name.size() > kMaxNameBytes) name.remove_prefix(name.size() - kMaxNameBytes);
  std::array<char, kMaxNameBytes> lower;
  std::ranges::transform(name, lower.begin(), to_lower);
  std::string_view before;
  std::string_view first;
  NameKind kind = NameKind::innocent;
  for (std::size_t i = 0; i < name.size();) {
    if (!is_part_byte(name[i])) {
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < name.size() && is_part_byte(name[end]) && !begins_part(name, end)) ++end;
    const auto part = without_digits_at_end({lower.data() + i, end - i});
    i = end;
    if (part.empty()) continue;
    if (part == "existing") return NameKind::innocent;  // the name of one: existingSecret
    if (first.empty()) first = part;
    kind = std::max(kind, classify_part(part, before));
    before = part;
  }
  if (kind == NameKind::innocent || contains(kInnocentLast, before)) return NameKind::innocent;
  if (first.size() != before.size() && contains(kInnocentFirst, first)) return NameKind::innocent;
  return kind;
}

bool is_secret_value(NameKind kind, std::string_view value, bool in_script) {
  if (kind == NameKind::innocent || value.empty() || value == kRedacted) return false;
  if (contains(kPlainValues, value) || is_small_number(value) || is_path(value)) return false;
  if (is_reference(value) || is_placeholder(value)) return false;
  if (in_script && is_variable(value)) return false;
  return kind == NameKind::secret || is_keylike(value);
}

}  // namespace foreshock::agent

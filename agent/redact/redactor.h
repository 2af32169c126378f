#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

inline constexpr std::string_view kRedacted = "<redacted>";

/// Removes secrets from command lines before anything else sees them. Built-in rules plus the
/// owner's.
///
/// A secret becomes `<redacted>`; what is around it stays, so that the command's shape can still be
/// learnt
/// (`--password=<redacted>`, `https://user:<redacted>@host/`). Words that hold several (`bash -c
/// '…'`, a header, SQL) are searched inside. A word cut by truncation is treated as the secret it
/// might be. What an earlier pass left is not mistaken for a secret. Pure; linear in the size of
/// the command line; about a microsecond for a short one.
class Redactor {
 public:
  struct Rule {
    std::string name;
    std::string description;
  };

  /// `own_patterns`: ECMAScript regular expressions of the owner (without back-references), applied
  /// to each word; a match is replaced, or its first group where it has one. A bad pattern is
  /// `invalid_argument`.
  static Result<Redactor> make(const std::vector<std::string>& own_patterns);
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;
  ~Redactor();

  /// Redacts in place; sets argv.redacted when something was replaced. argv.true_bytes grows or
  /// shrinks with the words, so that argv.truncated() keeps its answer.
  void redact(ExecEvent& event) const;
  std::vector<std::string> redact_words(const std::vector<std::string>& words) const;
  /// Built-in rules in the order they are tried, then the owner's.
  std::vector<Rule> rules() const;

 private:
  struct Impl;
  explicit Redactor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock::agent

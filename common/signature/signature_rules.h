#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/model/signature_rule.h"
#include "common/signature/signature.h"

namespace foreshock {

/// Names command lines: normalised, and then as people's rules say. Of the rules that apply to a
/// command the first one names it; the executable stays as it is. Pure; any thread.
class SignatureRules {
 public:
  SignatureRules() = default;
  explicit SignatureRules(std::vector<SignatureRule> rules) : rules_(std::move(rules)) {}

  Signature name(const std::vector<std::string_view>& words, std::string_view filename) const;
  SignatureExplanation explain(const std::vector<std::string_view>& words,
                               std::string_view filename) const;
  /// Of a command whose words are not known any more: rules that ask for them don't apply.
  const std::string& rename(const std::string& signature) const;

  const std::vector<SignatureRule>& all() const { return rules_; }
  bool operator==(const SignatureRules&) const = default;

 private:
  const SignatureRule* find(const std::string& signature,
                            const std::vector<std::string_view>& words) const;

  std::vector<SignatureRule> rules_;
};

}  // namespace foreshock

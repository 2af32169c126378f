#include "common/signature/signature_rules.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/text/glob.h"

namespace foreshock {

Signature SignatureRules::name(const std::vector<std::string_view>& words,
                               std::string_view filename) const {
  auto signature = normalise(words, filename);
  if (rules_.empty()) return signature;
  if (const auto* rule = find(signature.text, words)) signature.text = rule->name;
  return signature;
}

SignatureExplanation SignatureRules::explain(const std::vector<std::string_view>& words,
                                             std::string_view filename) const {
  auto explanation = explain_signature(words, filename);
  if (const auto* rule = find(explanation.signature.text, words)) {
    explanation.steps.push_back({"rule on " + explanation.signature.text, rule->name});
    explanation.signature.text = rule->name;
  }
  return explanation;
}

const std::string& SignatureRules::rename(const std::string& signature) const {
  const auto applies = [&](const SignatureRule& rule) {
    return rule.command.empty() && matches_text_glob(rule.signature, signature);
  };
  const auto rule = std::ranges::find_if(rules_, applies);
  return rule == rules_.end() ? signature : rule->name;
}

const SignatureRule* SignatureRules::find(const std::string& signature,
                                          const std::vector<std::string_view>& words) const {
  std::string command;  // joined when the first rule asks for it
  const auto applies = [&](const SignatureRule& rule) {
    if (!rule.signature.empty() && !matches_text_glob(rule.signature, signature)) return false;
    if (rule.command.empty()) return true;
    if (command.empty()) command = fmt::format("{}", fmt::join(words, " "));
    return matches_text_glob(rule.command, command);
  };
  const auto rule = std::ranges::find_if(rules_, applies);
  return rule == rules_.end() ? nullptr : &*rule;
}

}  // namespace foreshock

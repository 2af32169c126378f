#include "common/signature/signature_rules.h"

#include <gtest/gtest.h>

namespace foreshock {
namespace {

std::string name_of(const SignatureRules& rules, std::vector<std::string_view> words) {
  return rules.name(words, "").text;
}

TEST(SignatureRules, without_rules_is_normalising) {
  const std::vector<std::string_view> words = {"sudo", "pg_dump", "-Fc", "shop"};
  EXPECT_EQ(SignatureRules().name(words, "/usr/bin/sudo"), normalise(words, "/usr/bin/sudo"));
}

TEST(SignatureRules, merges_signatures_under_one_name) {
  const SignatureRules rules(
      {{"python3 train*", "", "training"}, {"Rscript fit*", "", "training"}});
  EXPECT_EQ(name_of(rules, {"python3", "train_small.py"}), "training");
  EXPECT_EQ(name_of(rules, {"nice", "Rscript", "fit.R", "7"}), "training");
  EXPECT_EQ(name_of(rules, {"python3", "serve.py"}), "python3 serve.py");
  EXPECT_EQ(rules.name({"python3", "train.py"}, "/usr/bin/python3").base_name, "python3");
}

TEST(SignatureRules, splits_one_signature_by_its_command_line) {
  const SignatureRules rules({{"", "*--site=north*", "report north"},
                              {"make_report --site*", "*--site=south", "report south"}});
  const auto north = name_of(rules, {"make_report", "--site=north", "--day=3"});
  const auto south = name_of(rules, {"make_report", "--site=south"});
  EXPECT_EQ(north, "report north");
  EXPECT_EQ(south, "report south");
  EXPECT_EQ(name_of(rules, {"other", "--site=south"}),
            normalise({"other", "--site=south"}, "").text);
}

TEST(SignatureRules, the_first_rule_that_applies_names) {
  const SignatureRules rules({{"rsync*", "* /backup/*", "backup"}, {"rsync*", "", "copy"}});
  EXPECT_EQ(name_of(rules, {"rsync", "-a", "/srv", "/backup/x"}), "backup");
  EXPECT_EQ(name_of(rules, {"rsync", "-a", "/srv", "/mnt"}), "copy");
}

TEST(SignatureRules, renames_where_words_are_gone_only_by_the_signature) {
  const SignatureRules rules({{"rsync*", "* /backup/*", "backup"}, {"rsync*", "", "copy"}});
  EXPECT_EQ(rules.rename("rsync -a <path>…"), "copy");
  EXPECT_EQ(rules.rename("cp <path>"), "cp <path>");
}

TEST(SignatureRules, tells_of_the_rule_as_the_last_step) {
  const SignatureRules rules({{"pg_dump*", "", "database dump"}});
  const auto explanation = rules.explain({"sudo", "pg_dump", "shop"}, "");
  EXPECT_EQ(explanation.signature.text, "database dump");
  ASSERT_EQ(explanation.steps.size(), 2u);
  EXPECT_EQ(explanation.steps.back().what, "rule on pg_dump shop");
  EXPECT_EQ(explanation.steps.back().result, "database dump");
}

}  // namespace
}  // namespace foreshock

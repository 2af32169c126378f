#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "coordinator/offline/offline_verbs.h"

namespace foreshock::coordinator {
namespace {

struct Outcome {
  ExitStatus status = ExitStatus::success;
  std::string out, err;
};

Outcome explain(const std::vector<std::string>& options) {
  Outcome outcome;
  std::ostringstream out, err;
  CLI::App app;
  const auto read_rules = [](const std::string& path) -> Result<std::vector<SignatureRule>> {
    if (path != "site.toml") return Error(ErrorCode::not_found, path + ": none");
    return std::vector<SignatureRule>{{"pg_dump*", "", "database dump"}};
  };
  add_verbs(app, offline_verbs({out, err, {}}, outcome.status, read_rules), "signature");
  std::vector<std::string> arguments = {"signature", "explain"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  std::ranges::reverse(arguments);
  app.parse(arguments);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

TEST(SignatureVerbs, explain_tells_each_step) {
  const auto outcome = explain({"sudo -u postgres pg_dump -Fc shop"});
  EXPECT_NE(outcome.out.find("wrapper sudo"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("signature   pg_dump -Fc shop"), std::string::npos) << outcome.out;
}

TEST(SignatureVerbs, explain_applies_the_rules_of_a_configuration) {
  const auto outcome = explain({"sudo pg_dump -Fc shop", "--config", "site.toml", "--json"});
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["signature"], "database dump");
  EXPECT_EQ(json["steps"].back()["what"], "rule on pg_dump -Fc shop");
}

TEST(SignatureVerbs, explain_says_which_configuration_it_cannot_read) {
  const auto outcome = explain({"ls", "--config", "nowhere.toml"});
  EXPECT_EQ(outcome.status, ExitStatus::failure);
  EXPECT_NE(outcome.err.find("nowhere.toml: none"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace foreshock::coordinator

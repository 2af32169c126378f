#include "coordinator/policy/policy_parser.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

struct Parsed {
  std::vector<Policy> policies;
  std::vector<TagRule> rules;
  std::vector<SignatureRule> signature_rules;
  std::string error;
};

Parsed parse(const std::string& text) {
  Parsed parsed;
  auto document = TomlDocument::parse(text, "c.toml");
  if (!document) return {{}, {}, {}, document.error().message()};
  TomlTable root = document->root();
  parsed.policies = read_policies(root);
  parsed.rules = read_tag_rules(root);
  parsed.signature_rules = read_signature_rules(root);
  if (const auto finished = document->finish(); !finished)
    parsed.error = finished.error().message();
  return parsed;
}

TEST(PolicyParser, reads_every_key) {
  const auto parsed = parse(R"(
[[policy]]
name = "web"
mode = "auto"
host = "web-*"
cgroup = "/system.slice/nginx.service"
tag = "role=web"
resource = "memory"
knob = "memory_high"
quantile = 0.95
headroom = 0.5
min = "128MiB"
max = "2GiB"
lead_time = "1min"
stabilisation = "10min"
cool_down = "90s"
max_step_down = 0.25
tolerance = 0.05
max_age = "10s"
)");
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.policies.size(), 1u);
  const Policy& policy = parsed.policies[0];
  EXPECT_EQ(policy.mode, PolicyMode::auto_);
  EXPECT_EQ(policy.resource, Resource::memory);
  EXPECT_EQ(policy.knob, Knob::memory_high);
  EXPECT_EQ(policy.min_capacity, 128u << 20);
  EXPECT_EQ(policy.max_capacity, std::uint64_t{2} << 30);
  EXPECT_EQ(policy.lead_time, std::chrono::minutes(1));
  EXPECT_DOUBLE_EQ(policy.quantile, 0.95);
  EXPECT_DOUBLE_EQ(policy.max_step_down, 0.25);
}

TEST(PolicyParser, defaults_observe_and_change_nothing) {
  const auto parsed = parse("[[policy]]\nname = \"a\"\ncgroup = \"/x\"\nmax = \"2\"\n");
  ASSERT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.policies[0].mode, PolicyMode::observe);
  EXPECT_EQ(parsed.policies[0].knob, Knob::cpu_max);
  EXPECT_EQ(parsed.policies[0].max_capacity, 2000u);
  EXPECT_EQ(parsed.policies[0].lead_time, std::chrono::seconds(30));
}

TEST(PolicyParser, names_what_is_wrong_and_where) {
  const std::string base = "[[policy]]\nname = \"a\"\ncgroup = \"/x\"\nmax = \"2\"\n";
  const auto error = [&](const std::string& more) { return parse(base + more).error; };
  EXPECT_NE(error("mode = \"autopilot\"\n").find("c.toml:5"), std::string::npos);
  EXPECT_NE(error("knob = \"memory_max\"\n").find("does not limit cpu"), std::string::npos);
  EXPECT_NE(error("min = \"3\"\n").find("less than min"), std::string::npos);
  EXPECT_NE(error("quantil = 0.9\n").find("quantil"), std::string::npos);
  EXPECT_NE(error("quantile = 7\n").find("quantile"), std::string::npos);
  EXPECT_NE(error("min = \"lots\"\n").find("min"), std::string::npos);
  EXPECT_NE(error("tag = \"role\"\n").find("key=value"), std::string::npos);
  EXPECT_NE(error(base).find("another policy has this name"), std::string::npos);
  EXPECT_NE(parse("[[policy]]\nname = \"a\"\nmax = \"1\"\n").error.find("a cgroup, a tag or both"),
            std::string::npos);
  EXPECT_NE(parse("[[policy]]\nname = \"a\"\ncgroup = \"/x\"\n").error.find("max"),
            std::string::npos);
}

TEST(PolicyParser, reads_tag_rules) {
  const auto parsed = parse(
      "[[tag_rule]]\nname = \"r\"\ncommand = \"pg_dump *\"\nkey = \"kind\"\nvalue = \"batch\"\n");
  ASSERT_EQ(parsed.error, "");
  ASSERT_EQ(parsed.rules.size(), 1u);
  EXPECT_EQ(parsed.rules[0].command, "pg_dump *");
  EXPECT_NE(parse("[[tag_rule]]\nname = \"r\"\ncommand = \"x\"\nkey = \"/a\"\nvalue = \"v\"\n")
                .error.find("letters"),
            std::string::npos);
  EXPECT_NE(parse("[[tag_rule]]\nname = \"r\"\nkey = \"k\"\nvalue = \"v\"\n").error, "");
}

TEST(PolicyParser, reads_signature_rules_and_says_what_is_wrong_with_one) {
  const auto parsed = parse(
      "[[signature]]\nname = \"training\"\nsignature = \"python3 train*\"\n"
      "[[signature]]\nname = \"big\"\ncommand = \"*--big*\"\n");
  ASSERT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.signature_rules, (std::vector<SignatureRule>{{"python3 train*", "", "training"},
                                                                {"", "*--big*", "big"}}));
  EXPECT_NE(parse("[[signature]]\nname = \"x\"\n").error.find("a signature, a command or both"),
            std::string::npos);
  EXPECT_NE(parse("[[signature]]\nname = \"<other>\"\nsignature = \"x\"\n").error, "");
  EXPECT_NE(parse("[[signature]]\nname = \"a\\nb\"\nsignature = \"x\"\n").error, "");
}

}  // namespace
}  // namespace foreshock::coordinator

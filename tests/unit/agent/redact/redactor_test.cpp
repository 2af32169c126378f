#include "agent/redact/redactor.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/redact/random_text.h"
#include "agent/redact/secret_names.h"

namespace foreshock::agent {
namespace {

using Words = std::vector<std::string>;

Redactor make_redactor(const Words& own = {}) {
  return *Redactor::make(own);
}

Words redact(const Words& words, const Words& own = {}) {
  return make_redactor(own).redact_words(words);
}

ExecEvent exec_of(const Words& words) {
  ExecEvent event;
  event.argv = make_argv(words);
  return event;
}

/// The event of a command line of which only the first `kept` bytes came.
ExecEvent cut_exec_of(const Words& words, std::size_t kept) {
  auto event = exec_of(words);
  event.argv.words.resize(kept);
  return event;
}

std::string last_word(const ExecEvent& event) {
  return std::string(event.argv.split().back());
}

TEST(Redactor, marks_the_event_and_keeps_its_shape) {
  auto event = exec_of({"app", "--password=hunter2", "--port", "80"});
  make_redactor().redact(event);
  EXPECT_TRUE(event.argv.redacted);
  EXPECT_EQ(event.argv.words, make_argv({"app", "--password=<redacted>", "--port", "80"}).words);
  EXPECT_FALSE(event.argv.truncated());
}

TEST(Redactor, leaves_an_innocent_event_alone) {
  auto event = exec_of({"ls", "-la", "/var/log"});
  const auto before = event;
  make_redactor().redact(event);
  EXPECT_EQ(event, before);
}

TEST(Redactor, accepts_empty_and_odd_words) {
  for (const Words& words :
       {Words{}, Words{""}, Words{"", "-p", ""}, Words{"--password"}, Words{"--password="},
        Words{"="}, Words{"://"}, Words{"\xff\xfe=\x80"}, Words{"mysql", "-p"}}) {
    EXPECT_EQ(redact(words), words);
    auto event = exec_of(words);
    make_redactor().redact(event);
    EXPECT_FALSE(event.argv.redacted);
  }
}

TEST(Redactor, removes_a_secret_that_truncation_cut) {
  struct Case {
    Words words;
    std::size_t cut_off;
    std::string last;
  };
  const std::vector<Case> cases = {
      {{"app", "--password=hunter2"}, 4, "--password=<redacted>"},
      {{"app", "--password", "hunter2"}, 4, "<redacted>"},
      {{"mysql", "-phunter2"}, 4, "-p<redacted>"},
      {{"x", "ghp_0123456789abcdefghijABCDEFGHIJ012345"}, 30, "<redacted>"},
      {{"x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjf"}, 30, "<redacted>"},
      {{"git", "clone", "https://me:secretword@example.org/r.git"}, 22, "https://me:<redacted>"},
      {{"x", "q7Zt0Lx3Vb9NcR5mKp2WsYh8"}, 12, "<redacted>"},
      {{"sh", "-c", "mysql -phunter2 shop"}, 9, "mysql -p<redacted>"},
  };
  for (const auto& one : cases) {
    const auto whole = make_argv(one.words).words.size();
    auto event = cut_exec_of(one.words, whole - one.cut_off);
    make_redactor().redact(event);
    EXPECT_EQ(last_word(event), one.last);
    EXPECT_TRUE(event.argv.truncated());
    EXPECT_EQ(event.argv.true_bytes - event.argv.words.size(), one.cut_off);
  }
}

TEST(Redactor, keeps_an_innocent_cut_word) {
  for (const Words& words : {Words{"ls", "/usr/share/doc/packages"}, Words{"make", "all"}}) {
    auto event = cut_exec_of(words, make_argv(words).words.size() - 3);
    const auto before = event;
    make_redactor().redact(event);
    EXPECT_EQ(event, before);
  }
}

TEST(Redactor, applies_the_owners_patterns_to_each_word) {
  const Words own = {"EMP[0-9]{4}", "badge:([a-z]+)"};
  EXPECT_EQ(redact({"app", "xEMP1234y", "badge:abc,EMP0000", "EMP12"}, own),
            (Words{"app", "x<redacted>y", "badge:<redacted>,<redacted>", "EMP12"}));
}

TEST(Redactor, refuses_a_bad_pattern_and_says_which) {
  const auto made = Redactor::make({"ok", "(open"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::invalid_argument);
  EXPECT_NE(made.error().message().find("(open"), std::string::npos);
}

TEST(Redactor, applies_the_owners_patterns_everywhere_in_a_long_word) {
  std::string word;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    word += "EMP1234,,,,,,,,";
    expected += "<redacted>,,,,,,,,";
  }
  EXPECT_EQ(redact({word}, {"EMP[0-9]{4}"}), Words{expected});
  EXPECT_EQ(redact({word}, {"^EMP"})[0].rfind(std::string(kRedacted)), 0U);
}

TEST(Redactor, survives_an_owners_pattern_that_would_backtrack_for_ever) {
  const Words words = {std::string(4'000, 'a')};
  EXPECT_EQ(redact(words, {"(a+)+b"}), words);
}

TEST(Redactor, lists_its_rules_with_names_of_their_own) {
  const auto rules = make_redactor({"own1"}).rules();
  std::set<std::string> names;
  for (const auto& rule : rules) {
    EXPECT_FALSE(rule.name.empty());
    EXPECT_FALSE(rule.description.empty());
    names.insert(rule.name);
  }
  EXPECT_EQ(names.size(), rules.size());
  EXPECT_GE(rules.size(), 21U);
  EXPECT_EQ(rules.back().description, "own1");
}

TEST(Redactor, stays_linear_on_hostile_words) {
  for (const std::string piece : {"token=", "a://b:c@", "sk-", "eyJ.", "password '", "\"token\":",
                                  "-p ", "b64+/", "'", "authorization: ", "x=$(", "://a"}) {
    std::string word;
    while (word.size() < 32'000) word += piece;
    EXPECT_EQ(redact({"sh", "-c", word}).size(), 3U) << piece;
    EXPECT_EQ(redact({"docker", word, word}).size(), 3U) << piece;
  }
  EXPECT_EQ(redact(Words(10'000, "-p")).size(), 10'000U);
}

TEST(RandomText, knows_keys_from_hashes_and_names) {
  for (const auto* text : {"q7Zt0Lx3Vb9NcR5mKp2WsYh8", "kX9+bT2/mQ7vLz4R1wYn8sJc3HdP6fGa5uEo0iKx",
                           "z8k2m5p9x1q7w3t6v4n0y2r8"}) {
    EXPECT_TRUE(looks_random(text)) << text;
  }
  for (const auto* text :
       {"7f3e9c1a2b4d5e6f708192a3b4c5d6e7f8091a2b", "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9",
        "LoadBalancerV2TargetGroup4Arn", "unattended-upgrade-shutdown", "keeps_unacked_records_2",
        "CMAKE_VERIFY_INTERFACE_HEADER_SETS", "short1A", "20240102030405060708091011"}) {
    EXPECT_FALSE(looks_random(text)) << text;
  }
}

TEST(RandomText, finds_nearly_every_key_drawn_at_random) {
  std::uint64_t state = 1;
  const auto draw = [&state] {  // any generator will do; this one gives the same keys everywhere
    state = state * 6364136223846793005U + 1442695040888963407U;
    return state >> 33;
  };
  constexpr std::string_view kAlphabet =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  int found = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string key;
    while (key.size() < 32) key += kAlphabet[draw() % kAlphabet.size()];
    found += looks_random(key) ? 1 : 0;
  }
  EXPECT_GE(found, 1900);
}

TEST(SecretNames, understands_parts_and_what_makes_them_innocent) {
  for (const auto* name :
       {"password", "--password", "DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD", "clientSecret",
        "--api-key", "AWS_SECRET_ACCESS_KEY", "github.token", "PASS2", "_authToken", "storepass"}) {
    EXPECT_EQ(classify_name(name), NameKind::secret) << name;
  }
  for (const auto* name : {"key", "auth", "cookie", "x-sig"})
    EXPECT_EQ(classify_name(name), NameKind::maybe) << name;
  for (const auto* name : {"port", "--password-file", "--no-password", "--ask-pass", "token_ttl",
                           "max-tokens", "tokenizer", "PATH", "AWS_ACCESS_KEY_ID", "bypass",
                           "keyboard", "author", "primary_key", "SSH_AUTH_SOCK", "", "---"}) {
    EXPECT_EQ(classify_name(name), NameKind::innocent) << name;
  }
}

}  // namespace
}  // namespace foreshock::agent

#include "common/config/toml_document.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace foreshock {

namespace {

TomlDocument parsed(const std::string& text) {
  auto document = TomlDocument::parse(text, "agent.toml");
  EXPECT_TRUE(document) << document.error().message();
  return *std::move(document);
}

std::string message_of(const Result<void>& result) {
  return result ? "" : result.error().message();
}

/// What finish() says after `read` looked its keys up.
template <typename Read>
std::string problem_of(const std::string& text, Read read) {
  auto document = parsed(text);
  auto root = document.root();
  read(root);
  return message_of(document.finish());
}

class TomlFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "foreshock-config-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, const std::string& text) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  std::filesystem::path directory_;
};

TEST(TomlDocument, tells_every_value_by_its_dotted_key) {
  const auto values =
      parsed(
          "[sample]\ninterval = \"1s\"\n[redact]\npatterns = [\"a\", \"b\"]\n[[adjust]]\ncgroup = "
          "\"/a\"\n[[adjust]]\ncgroup = \"/b\"\nshare = 2\n")
          .values();
  EXPECT_EQ(values.size(), 5U);
  EXPECT_EQ(values.at("sample.interval"), "'1s'");
  EXPECT_TRUE(values.contains("redact.patterns"));
  EXPECT_EQ(values.at("adjust[1].cgroup"), "'/b'");
  EXPECT_EQ(values.at("adjust[1].share"), "2");
}

TEST(ChangedKeys, names_what_differs_or_is_on_one_side_only) {
  EXPECT_EQ(
      changed_keys({{"a", "1"}, {"b", "2"}, {"c", "3"}}, {{"a", "1"}, {"b", "4"}, {"d", "5"}}),
      (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_TRUE(changed_keys({{"a", "1"}}, {{"a", "1"}}).empty());
}

}  // namespace

TEST(TomlDocument, reads_every_kind_of_value) {
  auto document = parsed(R"(
name = "host-1"
patterns = ["a", "b"]
enabled = true
count = 7
share = 0.25
whole = 2
interval = "20ms"
size = "512MiB"
plain_size = 4096
mode = "auto"
[nested.deeper]
key = "value"
[[policy]]
name = "one"
[[policy]]
name = "two"
)");
  auto root = document.root();
  EXPECT_EQ(root.text("name", ""), "host-1");
  EXPECT_EQ(root.texts("patterns", {}), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(root.boolean("enabled", false));
  EXPECT_EQ(root.integer("count", 0, 0, 10), 7);
  EXPECT_DOUBLE_EQ(root.number("share", 0, 0, 1), 0.25);
  EXPECT_DOUBLE_EQ(root.number("whole", 0, 0, 10), 2);
  EXPECT_EQ(root.duration("interval", 0s), 20ms);
  EXPECT_EQ(root.bytes("size", {}).count, 512u << 20);
  EXPECT_EQ(root.bytes("plain_size", {}).count, 4096u);
  EXPECT_EQ(root.choice("mode", "observe", {"observe", "auto"}), "auto");
  EXPECT_EQ(root.table("nested").table("deeper").required_text("key"), "value");
  auto policies = root.tables("policy");
  ASSERT_EQ(policies.size(), 2u);
  EXPECT_EQ(policies[1].required_text("name"), "two");
  EXPECT_EQ(policies[0].required_text("name"), "one");
  EXPECT_EQ(message_of(document.finish()), "");
}

TEST(TomlDocument, gives_the_defaults_of_what_is_absent) {
  auto document = parsed("");
  auto root = document.root();
  EXPECT_FALSE(root.has("name"));
  EXPECT_EQ(root.text("name", "default"), "default");
  EXPECT_EQ(root.texts("patterns", {"x"}), std::vector<std::string>{"x"});
  EXPECT_EQ(root.table("capture").duration("interval", 5s), 5s);
  EXPECT_TRUE(root.tables("policy").empty());
  EXPECT_EQ(root.bytes("size", Bytes{9}).count, 9u);
  EXPECT_TRUE(document.finish());
}

TEST(TomlDocument, refuses_unknown_keys_with_their_place_and_a_suggestion) {
  EXPECT_EQ(
      problem_of("[capture]\ndrain_interval = \"1s\"\ndrain_intervall = \"2s\"\n",
                 [](TomlTable& root) { root.table("capture").duration("drain_interval", 1s); }),
      "agent.toml:3:1: capture.drain_intervall: unknown key (did you mean \"drain_interval\"?)");
  EXPECT_EQ(problem_of("\n[captur]\n", [](TomlTable& root) { root.table("capture"); }),
            "agent.toml:2:2: captur: unknown key (did you mean \"capture\"?)");
  EXPECT_EQ(problem_of("zebra = 1\n", [](TomlTable& root) { root.text("name", ""); }),
            "agent.toml:1:1: zebra: unknown key");
}

TEST(TomlDocument, names_the_unknown_key_that_stands_first_in_the_file) {
  EXPECT_EQ(problem_of("[[policy]]\nname = \"a\"\nzz = 1\n[[policy]]\naa = 2\n",
                       [](TomlTable& root) {
                         for (auto& policy : root.tables("policy")) policy.text("name", "");
                       }),
            "agent.toml:3:1: policy.zz: unknown key");
}

TEST(TomlDocument, prefers_the_misspelt_key_to_the_missing_one) {
  EXPECT_EQ(problem_of("nmae = \"x\"\n", [](TomlTable& root) { root.required_text("name"); }),
            "agent.toml:1:1: nmae: unknown key (did you mean \"name\"?)");
}

TEST(TomlDocument, says_which_required_key_is_missing_and_where) {
  EXPECT_EQ(problem_of("\n[[policy]]\ncgroup = \"/a\"\n",
                       [](TomlTable& root) {
                         auto policy = root.tables("policy").front();
                         policy.text("cgroup", "");
                         policy.required_text("name");
                       }),
            "agent.toml:2:1: policy.name: missing, expected a text");
}

TEST(TomlDocument, says_what_was_expected_of_a_value_and_where_it_stands) {
  EXPECT_EQ(problem_of("[a]\nb = 5\n", [](TomlTable& root) { root.table("a").text("b", ""); }),
            "agent.toml:2:5: a.b: expected a text, got an integer");
  EXPECT_EQ(problem_of("n = 11", [](TomlTable& root) { root.integer("n", 1, 1, 10); }),
            "agent.toml:1:5: n: expected an integer from 1 to 10, got 11");
  EXPECT_EQ(problem_of("n = nan", [](TomlTable& root) { root.number("n", 0.5, 0, 1); }),
            "agent.toml:1:5: n: expected a number from 0 to 1, got nan");
  EXPECT_EQ(problem_of("n = \"1\"", [](TomlTable& root) { root.number("n", 0.5, 0, 1); }),
            "agent.toml:1:5: n: expected a number, got a text");
  EXPECT_EQ(problem_of("d = 5", [](TomlTable& root) { root.duration("d", 1s); }),
            "agent.toml:1:5: d: expected a duration such as \"20ms\", got an integer");
  EXPECT_EQ(problem_of("b = -1", [](TomlTable& root) { root.bytes("b", {}); }),
            "agent.toml:1:5: b: expected an amount, got -1");
  EXPECT_EQ(problem_of("l = [\"a\",\n 3]", [](TomlTable& root) { root.texts("l", {}); }),
            "agent.toml:2:2: l: expected a text, got an integer");
  EXPECT_EQ(problem_of("m = \"atuo\"",
                       [](TomlTable& root) {
                         root.choice("m", "auto", {"observe", "auto"});
                       }),
            "agent.toml:1:5: m: expected one of \"observe\", \"auto\", got \"atuo\" (did you mean "
            "\"auto\"?)");
  EXPECT_EQ(problem_of("a = 1", [](TomlTable& root) { root.table("a"); }),
            "agent.toml:1:5: a: expected a table [a], got an integer");
  EXPECT_EQ(problem_of("[a]\nb = 1", [](TomlTable& root) { root.tables("a"); }),
            "agent.toml:1:1: a: expected tables [[a]], got a table");
}

TEST(TomlDocument, keeps_the_first_failure) {
  EXPECT_EQ(problem_of("a = 1\nb = 2\n",
                       [](TomlTable& root) {
                         root.text("b", "");
                         root.text("a", "");
                       }),
            "agent.toml:2:5: b: expected a text, got an integer");
}

TEST(TomlDocument, places_a_failure_of_the_callers_own_checks) {
  EXPECT_EQ(problem_of("[a]\nglob = \"[\"\n",
                       [](TomlTable& root) { root.table("a").fail("glob", "not a glob"); }),
            "agent.toml:2:8: a.glob: not a glob");
}

TEST(TomlDocument, reports_broken_syntax_with_line_and_column) {
  const auto document = TomlDocument::parse("a = 1\nb = = 2\n", "agent.toml");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(document.error().message().rfind("agent.toml:2:5: ", 0), 0u)
      << document.error().message();
}

TEST(TomlDocument, survives_hostile_nesting) {
  EXPECT_FALSE(TomlDocument::parse("a = " + std::string(100'000, '['), "agent.toml"));
  EXPECT_FALSE(TomlDocument::parse(std::string("a = \"\0\"", 7), "agent.toml"));
}

TEST_F(TomlFiles, says_which_file_is_not_there) {
  const auto document = TomlDocument::read((directory_ / "none.toml").string());
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code(), ErrorCode::not_found);
  EXPECT_NE(document.error().message().find("none.toml"), std::string::npos);
}

TEST_F(TomlFiles, merges_drop_ins_in_order_of_name) {
  const auto path = write(
      "agent.toml",
      "name = \"base\"\nlist = [\"a\"]\n[capture]\ndepth = 1\nring = 2\n[[allow]]\np = \"one\"\n");
  write("agent.toml.d/20-b.toml", "name = \"second\"\nlist = [\"c\"]\n[[allow]]\np = \"two\"\n");
  write("agent.toml.d/10-a.toml", "name = \"first\"\n[capture]\ndepth = 3\n[added]\nx = true\n");
  write("agent.toml.d/notes.txt", "not toml");
  auto document = TomlDocument::read(path);
  ASSERT_TRUE(document) << document.error().message();
  auto root = document->root();
  EXPECT_EQ(root.text("name", ""), "second");
  EXPECT_EQ(root.texts("list", {}), std::vector<std::string>{"c"});
  EXPECT_EQ(root.table("capture").integer("depth", 0, 0, 9), 3);
  EXPECT_EQ(root.table("capture").integer("ring", 0, 0, 9), 2);
  EXPECT_TRUE(root.table("added").boolean("x", false));
  auto allow = root.tables("allow");
  ASSERT_EQ(allow.size(), 2u);
  EXPECT_EQ(allow[0].text("p", ""), "one");
  EXPECT_EQ(allow[1].text("p", ""), "two");
  EXPECT_TRUE(document->finish());
}

TEST_F(TomlFiles, names_the_drop_in_a_failure_is_in) {
  const auto path = write("agent.toml", "count = 1\n\n\n");
  const auto drop_in = write("agent.toml.d/10.toml", "\ncount = \"x\"\ncuont = 2\n");
  auto document = TomlDocument::read(path);
  ASSERT_TRUE(document) << document.error().message();
  document->root().integer("count", 0, 0, 9);
  EXPECT_EQ(message_of(document->finish()),
            drop_in + ":2:9: count: expected an integer, got a text");

  auto again = TomlDocument::read(path);
  ASSERT_TRUE(again);
  again->root().has("count");
  EXPECT_EQ(message_of(again->finish()),
            drop_in + ":3:1: cuont: unknown key (did you mean \"count\"?)");
}

TEST_F(TomlFiles, refuses_a_drop_in_that_makes_a_table_a_value) {
  const auto path = write("agent.toml", "[capture]\nring = 2\n");
  write("agent.toml.d/10.toml", "capture = 1\n");
  const auto document = TomlDocument::read(path);
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message().find("10.toml:1:11: capture"), std::string::npos)
      << document.error().message();
}

}  // namespace foreshock

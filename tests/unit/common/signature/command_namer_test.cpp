#include "common/signature/command_namer.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace foreshock {
namespace {

TEST(CommandNamer, names_as_the_rules_do_also_what_it_named_before) {
  CommandNamer namer;
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(namer.name(make_argv({"sudo", "sleep", "5"}), "/usr/bin/sudo"),
              normalise({"sudo", "sleep", "5"}, "/usr/bin/sudo"));
    EXPECT_EQ(namer.name(make_argv({}), "/usr/bin/sleep"), normalise({}, "/usr/bin/sleep"));
  }
}

TEST(CommandNamer, the_same_words_of_another_file_are_another_command) {
  CommandNamer namer;
  EXPECT_EQ(namer.name(make_argv({"x"}), "/usr/bin/one").base_name, "one");
  EXPECT_EQ(namer.name(make_argv({"x"}), "/usr/bin/two").base_name, "two");
  EXPECT_EQ(namer.name(make_argv({"x"}), "/usr/bin/one").base_name, "one");
}

TEST(CommandNamer, knows_words_from_the_file_behind_them) {
  CommandNamer namer;
  EXPECT_EQ(namer.name(make_argv({"ab"}), "c").base_name, "c");
  EXPECT_EQ(namer.name(make_argv({"a"}), "bc").base_name, "bc");
}

TEST(CommandNamer, names_by_other_rules_from_when_it_is_given_them) {
  CommandNamer namer;
  const auto argv = make_argv({"sleep", "5"});
  EXPECT_EQ(namer.name(argv, "").text, "sleep <n>");
  const auto rules =
      std::make_shared<const SignatureRules>(std::vector<SignatureRule>{{"sleep*", "", "rest"}});
  namer.use(rules);
  EXPECT_EQ(namer.name(argv, "").text, "rest");
  namer.use(rules);
  EXPECT_EQ(namer.name(argv, "").text, "rest");
}

TEST(CommandNamer, a_mark_stays_with_its_command_until_that_is_named_anew) {
  CommandNamer namer;
  const auto one = make_argv({"sleep", "5"});
  const auto two = make_argv({"make"});
  EXPECT_EQ(namer.name_marked(one, "").mark, 0U);
  namer.name_marked(one, "").mark = 7;
  namer.name_marked(two, "").mark = 8;
  EXPECT_EQ(namer.name_marked(one, "").mark, 7U);
  EXPECT_EQ(namer.name_marked(two, "").mark, 8U);
  namer.use(std::make_shared<const SignatureRules>());
  EXPECT_EQ(namer.name_marked(one, "").mark, 0U);
  const auto too_long = make_argv({std::string(1000, 'x')});
  namer.name_marked(too_long, "").mark = 9;
  EXPECT_EQ(namer.name_marked(too_long, "").mark, 0U) << "which is not remembered";
}

TEST(CommandNamer, names_long_commands_and_more_than_it_remembers) {
  CommandNamer namer;
  for (int time = 0; time < 2; ++time) {
    for (int i = 0; i < 5000; ++i) {
      const std::string word = "job" + std::string(static_cast<std::size_t>(i % 400), 'x');
      EXPECT_EQ(namer.name(make_argv({word, "run"}), ""), normalise({word, "run"}, ""));
    }
  }
}

}  // namespace
}  // namespace foreshock

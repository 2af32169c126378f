#include "coordinator/cli/command_line.h"

#include <string>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace foreshock::coordinator {

namespace {

VerbGroup group_of(std::vector<std::string_view> names) {
  return {names, [names](CLI::App& app) {
            for (const auto name : names) app.add_subcommand(std::string(name));
          }};
}

/// What --help would list.
std::vector<std::string> added_for(std::string_view first_word) {
  CLI::App app("test");
  add_verbs(app, {group_of({"status", "hosts"}), group_of({"forecast"})}, first_word);
  std::vector<std::string> names;
  for (const auto* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  return names;
}

}  // namespace

TEST(CommandLine, only_the_verbs_that_the_first_word_asks_for_are_made) {
  EXPECT_EQ(added_for("hosts"), (std::vector<std::string>{"status", "hosts"}));
}

TEST(CommandLine, all_verbs_are_made_for_help_and_for_what_is_none) {
  for (const auto* first_word : {"", "--help", "no-such-verb", "statu"})
    EXPECT_EQ(added_for(first_word), (std::vector<std::string>{"status", "hosts", "forecast"}))
        << first_word;
}

TEST(CommandLine, how_the_verb_went_is_the_status_and_a_wrong_line_is_usage) {
  CLI::App app("test");
  app.require_subcommand(1);
  add_verbs(app, {group_of({"hosts"})}, "hosts");
  const char* const good[] = {"foreshock-coordinator", "hosts"};
  const char* const wrong[] = {"foreshock-coordinator", "host"};
  EXPECT_EQ(run_cli(app, 2, good, ExitStatus::not_running), 3);
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_cli(app, 2, wrong, ExitStatus::success), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr(), "");
}

}  // namespace foreshock::coordinator

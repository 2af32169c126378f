#include "agent/redact/harmless_commands.h"

#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

TEST(HarmlessCommands, knows_what_it_was_told_word_for_word) {
  HarmlessCommands commands;
  const Argv argv = make_argv({"make", "-j2"});
  EXPECT_FALSE(commands.knows(argv));
  commands.remember(argv);
  EXPECT_TRUE(commands.knows(argv));
  EXPECT_FALSE(commands.knows(make_argv({"make", "-j3"})));
  EXPECT_FALSE(commands.knows(make_argv({"make -j2"})));
}

TEST(HarmlessCommands, never_keeps_what_was_redacted_cut_long_or_empty) {
  HarmlessCommands commands;
  Argv redacted = make_argv({"mysql", "-p<redacted>"});
  redacted.redacted = true;
  Argv cut = make_argv({"mysql", "-p"});
  cut.true_bytes += 100;
  for (const Argv& argv : {redacted, cut, make_argv({std::string(300, 'x')}), Argv{}}) {
    commands.remember(argv);
    EXPECT_FALSE(commands.knows(argv));
  }
}

TEST(HarmlessCommands, stays_bounded_whatever_it_is_told) {
  HarmlessCommands commands;
  std::size_t known = 0;
  for (int i = 0; i < 10'000; ++i) commands.remember(make_argv({"echo", std::to_string(i)}));
  for (int i = 0; i < 10'000; ++i) known += commands.knows(make_argv({"echo", std::to_string(i)}));
  EXPECT_GT(known, 500U);
  EXPECT_LE(known, 1024U);
}

}  // namespace
}  // namespace foreshock::agent

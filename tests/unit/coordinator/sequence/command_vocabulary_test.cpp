#include "coordinator/sequence/command_vocabulary.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

TEST(CommandVocabulary, gives_the_same_command_the_same_number) {
  CommandVocabulary vocabulary(10);
  const CommandId make = vocabulary.use("make");
  const CommandId git = vocabulary.use("git");
  EXPECT_NE(make, git);
  EXPECT_EQ(vocabulary.use("make"), make);
  EXPECT_EQ(vocabulary.text(make), "make");
  EXPECT_EQ(vocabulary.uses(make), 2U);
  EXPECT_EQ(vocabulary.all_uses(), 3U);
}

TEST(CommandVocabulary, replaces_what_was_not_used_for_long_and_says_so) {
  CommandVocabulary vocabulary(2);
  const CommandId make = vocabulary.use("make");
  const CommandId git = vocabulary.use("git");
  const CommandId ssh = vocabulary.use("ssh");  // both were used lately: the first one goes
  EXPECT_FALSE(vocabulary.knows(make));
  EXPECT_TRUE(vocabulary.knows(git));
  EXPECT_EQ(CommandVocabulary::place_of(ssh), CommandVocabulary::place_of(make));
  EXPECT_NE(ssh, make);
  EXPECT_EQ(vocabulary.forgotten(), 1U);
  EXPECT_EQ(vocabulary.all_uses(), 2U);

  vocabulary.use("ssh");
  vocabulary.use("vi");  // git was not used since the hand came by
  EXPECT_FALSE(vocabulary.knows(git));
  EXPECT_TRUE(vocabulary.knows(ssh));
  EXPECT_EQ(vocabulary.size(), 2U);
}

}  // namespace
}  // namespace foreshock::coordinator

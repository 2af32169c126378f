#include "coordinator/history/argv_text.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using namespace std::string_view_literals;

std::vector<std::string> there_and_back(const std::vector<std::string_view>& words) {
  const ArgvText joined = join_words(words);
  return split_words(joined.text, joined.word_bytes);
}

TEST(ArgvText, reads_like_the_command_line) {
  EXPECT_EQ(join_words({"pg_dump", "-Fc", "shop"}), (ArgvText{"pg_dump -Fc shop", std::nullopt}));
  EXPECT_EQ(join_words({"sh", "-c", "a b"}), (ArgvText{"sh -c a b", "2,2,3"}));
}

TEST(ArgvText, gives_back_the_words) {
  const std::vector<std::vector<std::string_view>> cases = {{},
                                                            {""},
                                                            {"", ""},
                                                            {" "},
                                                            {"a"},
                                                            {"a", ""},
                                                            {"", "a"},
                                                            {"sh", "-c", "echo  'x y' "},
                                                            {"\xff\x01", "b\nc"}};
  for (const auto& words : cases) {
    EXPECT_EQ(there_and_back(words), (std::vector<std::string>(words.begin(), words.end())));
  }
}

TEST(ArgvText, ignores_lengths_that_do_not_fit) {
  const std::vector<std::string> plain = {"ab", "c"};
  for (const auto lengths :
       {"2"sv, "2,2"sv, "3,0"sv, "2,1,0"sv, "x"sv, ""sv, "2,"sv, "99999999999999999999"sv}) {
    EXPECT_EQ(split_words("ab c", lengths), plain) << lengths;
  }
}

}  // namespace
}  // namespace foreshock::coordinator

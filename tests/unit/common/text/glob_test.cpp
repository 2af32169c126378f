#include "common/text/glob.h"

#include <string>

#include <gtest/gtest.h>

namespace foreshock {
namespace {

TEST(PathGlob, star_stays_within_a_component) {
  EXPECT_TRUE(matches_path_glob("/shop.slice/*.service", "/shop.slice/web.service"));
  EXPECT_FALSE(matches_path_glob("/shop.slice/*.service", "/shop.slice/a/web.service"));
  EXPECT_TRUE(matches_path_glob("/*/web.service", "/shop.slice/web.service"));
  EXPECT_FALSE(matches_path_glob("/*", "/shop.slice/web.service"));
}

TEST(PathGlob, double_star_crosses_components) {
  EXPECT_TRUE(matches_path_glob("/shop.slice/**", "/shop.slice/a/b/web.service"));
  EXPECT_TRUE(matches_path_glob("**/web.service", "/shop.slice/a/web.service"));
  EXPECT_FALSE(matches_path_glob("/shop.slice/**", "/shops.slice/a"));
}

TEST(PathGlob, question_mark_is_one_byte_but_no_slash) {
  EXPECT_TRUE(matches_path_glob("/web-?", "/web-1"));
  EXPECT_FALSE(matches_path_glob("/web-?", "/web-12"));
  EXPECT_FALSE(matches_path_glob("/web?1", "/web/1"));
}

TEST(PathGlob, everything_else_is_literal_and_the_whole_path_counts) {
  EXPECT_TRUE(matches_path_glob("/a[b].c", "/a[b].c"));
  EXPECT_FALSE(matches_path_glob("/a", "/ab"));
  EXPECT_FALSE(matches_path_glob("", "/"));
  EXPECT_TRUE(matches_path_glob("", ""));
}

TEST(PathGlob, stars_meet_components_as_the_table_says) {
  struct {
    const char* pattern;
    const char* path;
    bool matches;
  } const kTable[] = {
      {"/a", "/a", true},
      {"/a", "/a/b", false},
      {"/a/*", "/a/b", true},
      {"/a/*", "/a", false},
      {"/a/*", "/a/b/c", false},
      {"/a/**", "/a/b/c", true},
      {"/a/**", "/a", false},
      {"/**", "/x/y", true},
      {"/**/job", "/x/y/job", true},
      {"/**/job", "/xjob", false},
      {"/s/ssh*.service", "/s/sshd.service", true},
      {"/s/ssh*.service", "/s/ssh/x.service", false},
      {"/a*b*c", "/axxbyyc", true},
      {"/a*b*c", "/axxbyy", false},
      {"", "", true},
      {"", "/", false},
      {"*", "", true},
      {"/a.b", "/axb", false},
      {"/***", "/x/y", true},
      {"/x/*/z", "/x//z", true},
      {"/[a]", "/a", false},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(matches_path_glob(row.pattern, row.path), row.matches)
        << row.pattern << " " << row.path;
  }
}

TEST(TextGlob, slash_is_nothing_special) {
  EXPECT_TRUE(matches_text_glob("python3 *.py*", "python3 /srv/train.py --epochs <n>"));
  EXPECT_FALSE(matches_text_glob("python3 *.py", "python3 train.py --epochs <n>"));
}

TEST(TextGlob, a_pattern_of_many_stars_is_answered) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches_text_glob(pattern + "b", std::string(2000, 'a')));
  EXPECT_TRUE(matches_text_glob(pattern, std::string(2000, 'a')));
}

}  // namespace
}  // namespace foreshock

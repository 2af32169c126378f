#include "common/http/url.h"

#include <gtest/gtest.h>

namespace foreshock {

TEST(Url, escapes_what_is_not_plain_and_gets_it_back) {
  EXPECT_EQ(encode_url("/a b.service"), "%2Fa%20b.service");
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(decode_url(encode_url(all), false), all);
  EXPECT_EQ(decode_url(encode_url(all), true), all);
}

TEST(Url, refuses_broken_escapes) {
  for (const char* text : {"%", "%1", "%zz", "a%2", "%%41"})
    EXPECT_EQ(decode_url(text, false), std::nullopt) << text;
  EXPECT_EQ(parse_target("/a%zz"), std::nullopt);
  EXPECT_EQ(parse_target("/a?b=%zz"), std::nullopt);
  EXPECT_EQ(parse_target("a"), std::nullopt);
  EXPECT_EQ(parse_target(""), std::nullopt);
}

TEST(Url, keeps_an_escaped_slash_inside_its_segment) {
  const auto target = parse_target("/v1/agents/a%2Fb%3Fc/approve?x=1");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "agents", "a/b?c", "approve"}));
}

TEST(Url, decodes_queries) {
  const auto target = parse_target("/?cgroup=%2Fa+b%2Bc&flag&empty=&&x=1&x=2#part");
  ASSERT_TRUE(target);
  EXPECT_TRUE(target->segments.empty());
  const std::map<std::string, std::string> expected = {
      {"cgroup", "/a b+c"}, {"flag", ""}, {"empty", ""}, {"x", "2"}};
  EXPECT_EQ(target->query, expected);
}

}  // namespace foreshock

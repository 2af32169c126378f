#include "agent/binaries/binary_text.h"

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

BinaryProfile make_profile() {
  BinaryProfile profile;
  profile.id = 0xabcdef;
  profile.build_id = "12ab";
  profile.path = "/usr/bin/tool\n";
  profile.traits.file = {2048};
  profile.traits.instructions = 100;
  profile.traits.mix = {0.5F, 0, 0, 0, 0.25F, 0, 0.25F, 0, 0};
  profile.traits.cycles = 0.75F;
  profile.libraries = {"libc.so.6", "libm.so.6"};
  return profile;
}

TEST(BinaryText, shows_what_it_is_like_and_nothing_that_steers_a_terminal) {
  const auto text = render_binary_text(make_profile(), {});
  EXPECT_NE(text.find("/usr/bin/tool\\n"), std::string::npos) << text;
  EXPECT_NE(text.find("2.0 KiB"), std::string::npos) << text;
  EXPECT_NE(text.find("50.0 %"), std::string::npos) << text;
  EXPECT_NE(text.find("libc.so.6 libm.so.6"), std::string::npos) << text;
}

TEST(BinaryText, says_that_it_does_not_know_the_architecture) {
  BinaryProfile profile = make_profile();
  profile.traits.instructions = 0;
  EXPECT_NE(render_binary_text(profile, {}).find("unknown architecture"), std::string::npos);
}

TEST(BinaryText, as_json) {
  const auto json = render_binary_json(make_profile());
  EXPECT_NE(json.find(R"("build_id": "12ab")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("load": 0.25)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("id": "0000000000abcdef")"), std::string::npos) << json;
}

}  // namespace
}  // namespace foreshock::agent

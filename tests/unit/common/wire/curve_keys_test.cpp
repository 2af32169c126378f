#include "common/wire/curve_keys.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"

namespace foreshock {
namespace {

void write_file(const std::string& path, const std::string& text, mode_t mode) {
  std::ofstream(path) << text;
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

TEST(CurveKeys, a_pair_belongs_together_and_is_new_each_time) {
  const auto keys = make_curve_key_pair();
  ASSERT_TRUE(keys);
  EXPECT_TRUE(is_curve_key(keys->public_key));
  EXPECT_TRUE(is_curve_key(keys->secret_key));
  EXPECT_EQ(*public_key_of(keys->secret_key), keys->public_key);
  EXPECT_NE(make_curve_key_pair()->secret_key, keys->secret_key);
}

TEST(CurveKeys, knows_a_key_from_other_text) {
  const auto key = make_curve_key_pair()->public_key;
  EXPECT_TRUE(is_curve_key(key));
  EXPECT_FALSE(is_curve_key(""));
  EXPECT_FALSE(is_curve_key(key.substr(1)));
  EXPECT_FALSE(is_curve_key(key + "0"));
  EXPECT_FALSE(is_curve_key(key.substr(1) + " "));
  EXPECT_FALSE(is_curve_key(std::string(40, '#'))) << "more than 32 bits in five symbols";
  EXPECT_FALSE(public_key_of("nonsense"));
}

TEST(CurveKeys, a_key_file_is_made_once_and_read_back) {
  const test::TempDir directory;
  const auto path = directory / "agent.key";
  const auto made = create_key_file(path);
  ASSERT_TRUE(made) << made.error().message();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);

  const auto read = read_key_file(path);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->public_key, made->public_key);
  EXPECT_EQ(read->secret_key, made->secret_key);

  const auto again = create_key_file(path);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::conflict);
  EXPECT_EQ(read_key_file(path)->secret_key, made->secret_key);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1)
      << "nothing else is left";
}

TEST(CurveKeys, refuses_a_file_that_others_can_read) {
  const test::TempDir directory;
  const auto path = directory / "agent.key";
  ASSERT_TRUE(create_key_file(path));
  for (const mode_t mode : {0640, 0604, 0620, 0601}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto read = read_key_file(path);
    ASSERT_FALSE(read) << mode;
    EXPECT_EQ(read.error().code(), ErrorCode::permission_denied);
    EXPECT_NE(read.error().message().find(path), std::string::npos);
    EXPECT_NE(read.error().message().find("0600"), std::string::npos);
  }
}

TEST(CurveKeys, says_what_is_wrong_with_a_file) {
  const test::TempDir directory;
  EXPECT_EQ(read_key_file(directory / "missing").error().code(), ErrorCode::not_found);
  write_file(directory / "empty", "", 0600);
  write_file(directory / "text", "this is no key\n", 0600);
  for (const auto* name : {"empty", "text"}) {
    const auto read = read_key_file(directory / name);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(read.error().message().find(name), std::string::npos) << read.error().message();
  }
  EXPECT_FALSE(read_key_file(directory.path()));
  EXPECT_FALSE(create_key_file(directory / "no-such-directory/agent.key"));
}

}  // namespace
}  // namespace foreshock

#include "agent/host_identity.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace foreshock::agent {
namespace {

constexpr const char* kOne = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
constexpr const char* kOther = "11111111111111111111111111111111";

class ClaimStateDirectory : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(directory_ / "spool");
    std::ofstream(directory_ / "agent.key") << "key";
    std::ofstream(directory_ / "undo.journal") << "journal";
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(directory_ / name); }

  test::TempDir directory_;
};

TEST_F(ClaimStateDirectory, keeps_what_the_same_machine_made) {
  EXPECT_EQ(claim_state_directory(directory_.path(), kOne).value(), std::nullopt);
  EXPECT_EQ(claim_state_directory(directory_.path(), kOne).value(), std::nullopt);
  EXPECT_TRUE(exists("agent.key"));
  EXPECT_TRUE(exists("spool"));
}

TEST_F(ClaimStateDirectory, moves_aside_what_another_machine_made) {
  ASSERT_TRUE(claim_state_directory(directory_.path(), kOne));
  EXPECT_EQ(claim_state_directory(directory_.path(), kOther).value(), kOne);
  EXPECT_FALSE(exists("agent.key"));
  EXPECT_FALSE(exists("spool"));
  EXPECT_FALSE(exists("undo.journal"));
  EXPECT_TRUE(exists("of-machine-0f1e2d3c/agent.key"));
  EXPECT_TRUE(exists("of-machine-0f1e2d3c/spool"));
  EXPECT_EQ(claim_state_directory(directory_.path(), kOther).value(), std::nullopt);
}

TEST_F(ClaimStateDirectory, goes_on_after_a_crash_in_between) {
  ASSERT_TRUE(claim_state_directory(directory_.path(), kOne));
  std::filesystem::create_directory(directory_ / "of-machine-0f1e2d3c");
  std::filesystem::rename(directory_ / "agent.key", directory_ / "of-machine-0f1e2d3c/agent.key");
  EXPECT_EQ(claim_state_directory(directory_.path(), kOther).value(), kOne);
  EXPECT_TRUE(exists("of-machine-0f1e2d3c/agent.key"));
  EXPECT_TRUE(exists("of-machine-0f1e2d3c/spool"));
}

TEST_F(ClaimStateDirectory, leaves_everything_where_the_host_has_no_id) {
  ASSERT_TRUE(claim_state_directory(directory_.path(), kOne));
  EXPECT_EQ(claim_state_directory(directory_.path(), "").value(), std::nullopt);
  EXPECT_TRUE(exists("agent.key"));
}

}  // namespace
}  // namespace foreshock::agent

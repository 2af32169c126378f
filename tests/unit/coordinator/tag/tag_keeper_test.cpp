#include "coordinator/tag/tag_keeper.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

const Workload kShop{1, "/shop"};

Tag found(const std::string& value, double confidence) {
  return {kShop, "role", value, std::string(kLearnedSource), "seen", confidence};
}

class TagKeeperTest : public testing::Test {
 protected:
  void rounds(std::size_t count, const std::vector<Tag>& tags) {
    for (std::size_t i = 0; i < count; ++i) keeper_.observe({kShop}, tags);
  }
  std::string kept() const {
    const auto tags = keeper_.tags();
    return tags.empty() ? "" : tags.at(0).value;
  }
  TagKeeper keeper_;
};

TEST_F(TagKeeperTest, takes_what_was_found_often_enough) {
  rounds(TagKeeper::kRounds - 1, {found("backend", 0.9)});
  EXPECT_EQ(kept(), "");
  ASSERT_EQ(keeper_.proposals().size(), 1u);
  rounds(1, {found("backend", 0.9)});
  EXPECT_EQ(kept(), "backend");
  EXPECT_TRUE(keeper_.proposals().empty());
}

TEST_F(TagKeeperTest, only_proposes_what_is_likely_and_does_not_tell_what_is_not) {
  rounds(20, {found("backend", 0.5)});
  EXPECT_EQ(kept(), "");
  EXPECT_EQ(keeper_.proposals().at(0), found("backend", 0.5));
  rounds(1, {found("backend", 0.2)});
  EXPECT_TRUE(keeper_.proposals().empty());
}

TEST_F(TagKeeperTest, does_not_flap) {
  rounds(TagKeeper::kRounds, {found("backend", 0.7)});
  for (int i = 0; i < 20; ++i) {
    rounds(1, {found("worker", 0.95)});
    rounds(1, {found("backend", 0.7)});
    EXPECT_EQ(kept(), "backend");
  }
}

TEST_F(TagKeeperTest, another_value_needs_a_margin) {
  rounds(TagKeeper::kRounds, {found("backend", 0.7)});
  rounds(30, {found("worker", 0.75)});
  EXPECT_EQ(kept(), "backend");
  EXPECT_EQ(keeper_.proposals().at(0).value, "worker");
  rounds(1, {found("worker", 0.85)});
  EXPECT_EQ(kept(), "worker");
}

TEST_F(TagKeeperTest, a_tag_goes_when_it_is_not_found_for_long) {
  rounds(TagKeeper::kRounds, {found("backend", 0.7)});
  rounds(TagKeeper::kRounds - 1, {});
  EXPECT_EQ(kept(), "backend");
  rounds(1, {});
  EXPECT_EQ(kept(), "");
}

TEST_F(TagKeeperTest, a_workload_that_is_not_looked_at_keeps_its_tags) {
  rounds(TagKeeper::kRounds, {found("backend", 0.7)});
  for (int i = 0; i < 50; ++i) keeper_.observe({}, {});
  EXPECT_EQ(kept(), "backend");
  keeper_.forget(kShop);
  EXPECT_EQ(kept(), "");
}

TEST_F(TagKeeperTest, goes_on_with_what_it_had_in_an_earlier_life) {
  keeper_.restore({found("backend", 0.7)});
  EXPECT_EQ(kept(), "backend");
  rounds(TagKeeper::kRounds - 1, {found("worker", 0.9)});
  EXPECT_EQ(kept(), "backend");
  rounds(1, {found("worker", 0.9)});
  EXPECT_EQ(kept(), "worker");
}

}  // namespace
}  // namespace foreshock::coordinator

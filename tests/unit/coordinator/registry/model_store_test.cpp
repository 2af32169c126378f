#include "coordinator/registry/model_store.h"

#include <gtest/gtest.h>

#include "coordinator/registry/drift_watch.h"
#include "coordinator/registry/member_shares_text.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = wall_time_from_ms(1'700'006'400'000);
const SeriesKey kShop{{1, "/shop"}, Quantity::cpu_usage};

MemberShares shares() {
  MemberShares made{.members = {"seasonal naive", "last value"},
                    .point_ranges = {2, 60},
                    .point_shares = {{0.25, 0.75}, {1, 0}},
                    .distributions = {"band", "an hour"},
                    .level_ranges = {60},
                    .level_shares = {{}}};
  for (auto& level : made.level_shares[0]) level = {0.6, 0.4};
  return made;
}

ModelVersion version(bool is_held_back = false, WallTime trained_at = kNow) {
  ModelVersion made;
  made.key = kShop;
  made.trained_at = trained_at;
  made.cause = TrainingCause::schedule;
  made.program = "1";
  made.points = 100;
  made.step = 10s;
  made.horizon = 60;
  made.is_held_back = is_held_back;
  made.shares = shares();
  made.scores = {{.model = "combination",
                  .pinball = 0.5,
                  .points = 7,
                  .weight = 1,
                  .scaled_error = 0.9,
                  .beats_naive = true,
                  .ranges = {{.up_to = 60, .pinball = 0.5, .coverage95 = 0.9, .points = 7}}}};
  return made;
}

class ModelStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = ModelStore::open(dir_ / "models.db");
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = *std::move(opened);
  }
  ModelChoice choice() { return store_->choices()->at(kShop); }

  test::TempDir dir_;
  std::unique_ptr<ModelStore> store_;
};

TEST_F(ModelStoreTest, gives_back_what_was_added) {
  ASSERT_EQ(store_->add(version()).value(), 1);
  const auto found = store_->find(kShop, 1);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->shares, shares());
  EXPECT_EQ(found->cause, TrainingCause::schedule);
  ASSERT_EQ(found->scores.size(), 1U);
  EXPECT_TRUE(found->scores[0].beats_naive);
  EXPECT_EQ(found->scores[0].scaled_error, 0.9);
  ASSERT_EQ(found->scores[0].ranges.size(), 1U);
  EXPECT_EQ(found->scores[0].ranges[0].coverage95, 0.9);
  EXPECT_NE(store_->find(kShop, 9).error().message().find("there are: 1"), std::string::npos);
}

TEST_F(ModelStoreTest, a_worse_one_does_not_replace_what_serves) {
  ASSERT_TRUE(store_->add(version()));
  ASSERT_EQ(store_->add(version(true)).value(), 2);
  EXPECT_EQ(choice().serving, 1);
  ASSERT_EQ(store_->add(version()).value(), 3);
  EXPECT_EQ(choice().serving, 3);
}

TEST_F(ModelStoreTest, a_pinned_one_stays_until_it_is_unpinned) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store_->add(version()));
  ASSERT_TRUE(store_->pin(kShop, 2));
  ASSERT_TRUE(store_->add(version()));
  EXPECT_EQ(choice().serving, 2);
  EXPECT_TRUE(choice().pinned);
  ASSERT_TRUE(store_->unpin(kShop));
  EXPECT_EQ(choice().serving, 2);
  EXPECT_FALSE(store_->unpin(kShop)) << "nothing is pinned any more";
  ASSERT_TRUE(store_->add(version()));
  EXPECT_EQ(choice().serving, 5);
}

TEST_F(ModelStoreTest, rolls_back_over_those_that_were_held_back) {
  ASSERT_TRUE(store_->add(version()));
  ASSERT_TRUE(store_->add(version(true)));
  ASSERT_TRUE(store_->add(version()));
  EXPECT_EQ(store_->roll_back(kShop).value().version, 1);
  EXPECT_EQ(choice().serving, 1);
  EXPECT_TRUE(choice().pinned);
  EXPECT_FALSE(store_->roll_back(kShop)) << "there is none before";
}

TEST_F(ModelStoreTest, keeps_few_versions_and_the_one_that_serves) {
  ASSERT_TRUE(store_->add(version()));
  ASSERT_TRUE(store_->pin(kShop, 1));
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(store_->add(version()));
  const auto all = store_->list(kShop);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size(), ModelStore::kKept + 1);
  EXPECT_EQ(all->front().version, 31);
  EXPECT_EQ(all->back().version, 1);
  EXPECT_FALSE(store_->find(kShop, 2));
}

TEST_F(ModelStoreTest, forgets_series_that_are_gone) {
  ASSERT_TRUE(store_->add(version()));
  ASSERT_TRUE(store_->forget_before(kNow));
  EXPECT_EQ(store_->choices()->size(), 1U);
  ASSERT_TRUE(store_->forget_before(kNow + 1s));
  EXPECT_TRUE(store_->choices()->empty());
  EXPECT_TRUE(store_->list(kShop)->empty());
}

TEST(MemberSharesText, refuses_what_does_not_fit_together) {
  const std::string good = format_member_shares(shares());
  EXPECT_EQ(parse_member_shares(good).value(), shares());
  for (const char* bad : {"", "member a\n", "member a\npoint 5 1 0\n", "point x\n", "what 1\n",
                          "distribution b\nlevel 5\nat 1\n", "member a\npoint 5 nan\n",
                          "member a\npoint 5 -1\n", "at 1\n"})
    EXPECT_FALSE(parse_member_shares(bad)) << bad;
  for (std::size_t size = 0; size + 1 < good.size(); ++size) {
    if (good[size] != '\n') continue;
    EXPECT_FALSE(parse_member_shares(good.substr(0, size))) << size;
  }
}

TEST(DriftWatch, tells_when_forecasts_become_worse_than_they_were) {
  DriftWatch watch;
  ScoredPoint point;
  point.key = kShop;
  point.pinball = 1;
  for (int i = 0; i < 200; ++i) watch.add(point);
  EXPECT_FALSE(watch.has_drifted(kShop));
  point.pinball = 5;
  for (int i = 0; i < 30; ++i) watch.add(point);
  EXPECT_TRUE(watch.has_drifted(kShop));
  watch.forget(kShop);
  EXPECT_FALSE(watch.has_drifted(kShop)) << "what comes now is usual";
}

}  // namespace
}  // namespace foreshock::coordinator

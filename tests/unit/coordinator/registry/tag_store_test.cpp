#include "coordinator/registry/tag_store.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

const Workload kShop{1, "/shop"};

class TagStoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = TagStore::open(dir_ / "models.db");
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = *std::move(opened);
  }
  test::TempDir dir_;
  std::unique_ptr<TagStore> store_;
};

TEST_F(TagStoreTest, keeps_learned_tags_in_place_of_those_before) {
  const Tag backend{kShop, "role", "backend", "learned", "why", 0.75};
  const Tag host{{2, ""}, "load_level", "idle", "learned", "x", 0.9};
  ASSERT_TRUE(store_->keep_learned({host}));
  ASSERT_TRUE(store_->keep_learned({backend, host}));
  reopen();
  EXPECT_EQ(store_->learned().value(), (std::vector<Tag>{backend, host}));
}

TEST_F(TagStoreTest, keeps_one_lock_a_key) {
  ASSERT_TRUE(store_->lock(kShop, "role", "backend"));
  ASSERT_TRUE(store_->lock(kShop, "role", "worker"));
  ASSERT_TRUE(store_->reject(kShop, "role", "frontend"));
  reopen();
  EXPECT_EQ(store_->choices().value(),
            (std::vector<TagChoice>{{kShop, "role", "frontend", TagChoice::Kind::rejected},
                                    {kShop, "role", "worker", TagChoice::Kind::locked}}));
}

TEST_F(TagStoreTest, unlocks_what_is_locked_and_says_when_nothing_is) {
  ASSERT_TRUE(store_->reject(kShop, "role", "frontend"));
  const auto nothing = store_->unlock(kShop, "role");
  ASSERT_FALSE(nothing);
  EXPECT_NE(nothing.error().message().find("role"), std::string::npos);
  ASSERT_TRUE(store_->lock(kShop, "role", "worker"));
  EXPECT_TRUE(store_->unlock(kShop, "role"));
  EXPECT_EQ(store_->choices()->size(), 1u) << "what was rejected stays so";
}

TEST_F(TagStoreTest, a_rejected_value_is_locked_no_more) {
  ASSERT_TRUE(store_->lock(kShop, "role", "worker"));
  ASSERT_TRUE(store_->reject(kShop, "role", "worker"));
  EXPECT_EQ(store_->choices().value(),
            (std::vector<TagChoice>{{kShop, "role", "worker", TagChoice::Kind::rejected}}));
}

}  // namespace
}  // namespace foreshock::coordinator

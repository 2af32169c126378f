#include "coordinator/pipeline/tag_round.h"

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "coordinator/history/sqlite_history_reader.h"
#include "coordinator/history/sqlite_history_store.h"
#include "coordinator/tag/rule_tagger.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = wall_time_from_ms(1'790'000'000'000);
const Workload kShop{1, "/shop"};

/// From reports in the history to tags.
class TagRoundTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = SqliteHistoryStore::open(dir_ / "history.db").value();
    tell_use();
    reader_ = SqliteHistoryReader::open(dir_ / "history.db").value();
    use_ = UseReader::open(dir_ / "history.db").value();
    LiveView view;
    LiveView::Host host;
    host.id = 1;
    host.cpu_count = 4;
    view.hosts = {host};
    live_.publish(std::move(view));
    start_anew();
  }
  void tell_use() {
    ReceivedBatch batch;
    batch.public_key = "key";
    batch.sequence = 1;
    Report& report = batch.report;
    report.host_name = "h";
    report.period_start = BootTime(100s);
    report.period_end = BootTime(110s);
    report.wall_minus_boot = kNow.time_since_epoch() - 110s;
    CommandUse use;
    use.cgroup_id = 7;
    use.cgroup = kShop.cgroup;
    use.signature = "postgres: checkpointer";
    use.running = 4;
    use.cpu = 20s;
    report.samples.commands = {use};
    ASSERT_TRUE(store_->append(std::vector{batch}));
  }
  void start_anew() {
    tags_ = TagStore::open(dir_ / "models.db").value();
    round_ = std::make_unique<TagRound>(TagRound::Parts{*reader_, *use_, rules_, *tags_, live_});
  }
  void rounds(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(round_->tags({subject_}));
      const auto learned = round_->learn({subject_}, {}, kNow);
      ASSERT_TRUE(learned) << learned.error().message();
    }
  }
  Tag tag(std::string_view key) {
    const auto tags = round_->tags({subject_}).value();
    const auto found = std::ranges::find(tags, key, &Tag::key);
    return found == tags.end() ? Tag{} : *found;
  }

  test::TempDir dir_;
  TaggedSubject subject_{kShop, {"postgres: checkpointer"}};
  RuleTagger rules_{{}};
  Snapshot<LiveView> live_;
  std::unique_ptr<SqliteHistoryStore> store_;
  std::unique_ptr<SqliteHistoryReader> reader_;
  std::unique_ptr<UseReader> use_;
  std::unique_ptr<TagStore> tags_;
  std::unique_ptr<TagRound> round_;
};

TEST_F(TagRoundTest, learns_from_the_history_and_remembers_over_a_restart) {
  rounds(1);
  EXPECT_EQ(tag("app_type").value, "");
  ASSERT_FALSE(round_->proposals().empty());
  EXPECT_EQ(round_->proposals().at(0).value, "database");
  rounds(TagKeeper::kRounds);
  EXPECT_EQ(tag("app_type").value, "database");
  EXPECT_EQ(tag("app_type").source, "learned");
  EXPECT_EQ(tag("role").value, "datastore");
  start_anew();
  EXPECT_EQ(tag("app_type").value, "database");
}

TEST_F(TagRoundTest, people_come_before_rules_and_rules_before_learning) {
  rounds(TagKeeper::kRounds);
  rules_ = RuleTagger({{"shops", "/shop", "", "role", "shop"}});
  EXPECT_EQ(tag("role").value, "shop");
  ASSERT_TRUE(tags_->lock(kShop, "role", "till"));
  EXPECT_EQ(tag("role").value, "till");
  EXPECT_EQ(tag("role").source, "person");
  ASSERT_TRUE(tags_->unlock(kShop, "role"));
  EXPECT_EQ(tag("role").value, "shop");
}

TEST_F(TagRoundTest, tags_are_in_order_of_their_workloads) {
  const Workload earlier{kShop.host, "/a"}, later{kShop.host, "/z"};
  for (const Workload& workload : {later, kShop, earlier})
    ASSERT_TRUE(tags_->lock(workload, "role", "till"));
  ASSERT_TRUE(tags_->lock(kShop, "team", "sales"));
  const auto tags = round_->tags({subject_}).value();
  EXPECT_TRUE(std::ranges::is_sorted(tags, {}, &Tag::workload));
  EXPECT_EQ(tags_of(tags, kShop).size(), 2U);
  EXPECT_EQ(tags_of(tags, later).front().value, "till");
  EXPECT_TRUE(tags_of(tags, {kShop.host, "/b"}).empty());
}

TEST_F(TagRoundTest, what_is_rejected_is_neither_taken_nor_proposed) {
  rounds(TagKeeper::kRounds);
  ASSERT_TRUE(tags_->reject(kShop, "app_type", "database"));
  EXPECT_EQ(tag("app_type").value, "");
  rounds(1);
  EXPECT_TRUE(std::ranges::none_of(round_->proposals(),
                                   [](const Tag& one) { return one.key == "app_type"; }));
}

}  // namespace
}  // namespace foreshock::coordinator

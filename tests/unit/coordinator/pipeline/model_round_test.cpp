#include "coordinator/pipeline/model_round.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <random>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/pipeline/similar_series.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

const WallTime kStart = wall_time_from_ms(1'790'000'000'000);
const SeriesKey kShop{{1, "/shop"}, Quantity::cpu_usage};

Series noisy(std::size_t count, std::uint64_t seed = 1) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal(5, .5);
  Series series{kShop, kStart, 10s, std::vector<double>(count)};
  for (double& value : series.values) value = std::abs(normal(engine));
  return series;
}

class ModelRoundTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = ModelStore::open(dir_ / "models.db");
    ASSERT_TRUE(opened) << opened.error().message();
    store_ = *std::move(opened);
    start_anew();
  }
  void start_anew() {
    round_.emplace(ModelRound::Options{.retrain_interval = 6h, .points = 30},
                   ModelRound::Parts{*store_, requests_});
  }
  Forecast forecast(const Series& series, WallTime now) {
    EXPECT_TRUE(round_->begin());
    auto made = round_->forecast(series, now);
    EXPECT_TRUE(made) << made.error().message();
    EXPECT_TRUE(round_->end({series}, now));
    return std::get<Forecast>(made->forecast);
  }
  std::int64_t newest() { return store_->list(kShop)->front().version; }

  test::TempDir dir_;
  std::unique_ptr<ModelStore> store_;
  RetrainingRequests requests_;
  std::optional<ModelRound> round_;
};

TEST_F(ModelRoundTest, trains_once_and_serves_that_after_a_restart) {
  const Series series = noisy(300);
  EXPECT_EQ(forecast(series, series.end()).version, 1);
  EXPECT_EQ(forecast(series, series.end() + 10s).version, 1);
  start_anew();
  EXPECT_EQ(forecast(series, series.end() + 1h).version, 1);
  EXPECT_EQ(newest(), 1);
}

TEST_F(ModelRoundTest, trains_on_schedule_and_when_the_history_has_doubled) {
  forecast(noisy(300), kStart);
  forecast(noisy(300), kStart + 7h);
  EXPECT_EQ(store_->list(kShop)->front().cause, TrainingCause::schedule);
  forecast(noisy(700), kStart + 8h);
  EXPECT_EQ(store_->list(kShop)->front().cause, TrainingCause::grown);
  EXPECT_EQ(newest(), 3);
}

TEST_F(ModelRoundTest, trains_on_drift) {
  const Series series = noisy(300);
  forecast(series, kStart);
  std::vector<ScoredPoint> scored(200);
  for (std::size_t i = 0; i < scored.size(); ++i) {
    scored[i].key = kShop;
    scored[i].pinball = i < 170 ? 1 : 6;
  }
  round_->note(scored);
  forecast(series, kStart + 1min);
  EXPECT_EQ(newest(), 1) << "too soon after the last one";
  forecast(series, kStart + 10min);
  EXPECT_EQ(store_->list(kShop)->front().cause, TrainingCause::drift);
  forecast(series, kStart + 20min);
  EXPECT_EQ(newest(), 2) << "what comes now is usual";
}

TEST_F(ModelRoundTest, what_is_pinned_changes_the_forecast) {
  const Series series = noisy(300);
  forecast(series, kStart);
  auto other = store_->find(kShop, 1).value();
  const auto usual = forecast(series, kStart + 1min);
  // All on the last value: what nobody would learn from noise around a level.
  for (auto& shares : other.shares.point_shares) {
    for (std::size_t m = 0; m < shares.size(); ++m)
      shares[m] = other.shares.members[m] == "last value" ? 1 : 0;
  }
  ASSERT_EQ(store_->add(other).value(), 2);
  ASSERT_TRUE(store_->pin(kShop, 2));
  const auto pinned = forecast(series, kStart + 2min);
  EXPECT_EQ(pinned.version, 2);
  EXPECT_NE(pinned.mean, usual.mean);
  ASSERT_TRUE(store_->roll_back(kShop));
  EXPECT_EQ(forecast(series, kStart + 3min).mean, usual.mean);
}

TEST_F(ModelRoundTest, a_person_may_ask_and_hears_when_it_is_done) {
  const Series series = noisy(300);
  forecast(series, kStart);
  EXPECT_EQ(requests_.ask({kShop, {{1, "/gone"}, Quantity::cpu_usage}}).asked, 2U);
  forecast(series, kStart + 1min);
  EXPECT_EQ(requests_.state().done, 2U) << "one was trained, one is not there";
  EXPECT_EQ(store_->list(kShop)->front().cause, TrainingCause::person);
}

TEST_F(ModelRoundTest, what_cannot_be_read_stands_in_nobodys_way) {
  const Series series = noisy(300);
  forecast(series, kStart);
  {
    auto database = Database::open(dir_ / "models.db", OpenMode::read_write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("UPDATE model_version SET shares = 'nonsense'"));
  }
  start_anew();
  EXPECT_EQ(forecast(series, kStart + 1h).version, 2);
}

TEST(Contest, tells_the_worse_shares) {
  Series series = noisy(600);
  const Combination forecaster;
  const auto learned = forecaster.train(series, 30);
  ASSERT_TRUE(learned.shares);
  const auto same = contest(forecaster, series, 30, *learned.shares);
  ASSERT_TRUE(same);
  EXPECT_GT(same->origins, 1U);
  EXPECT_NEAR(same->loss / same->rival_loss, 1, .1);
  MemberShares poor = *learned.shares;
  for (auto& shares : poor.point_shares) {
    for (std::size_t m = 0; m < shares.size(); ++m)
      shares[m] = poor.members[m] == "last value" ? 1 : 0;
  }
  for (auto& levels : poor.level_shares) {
    for (auto& shares : levels) {
      std::ranges::fill(shares, 0);
      shares[0] = 1;
    }
  }
  const auto better = contest(forecaster, series, 30, poor);
  ASSERT_TRUE(better);
  EXPECT_LT(better->loss, better->rival_loss);
  EXPECT_TRUE(better->is_won());
  EXPECT_FALSE((Contest{.loss = 1.1, .rival_loss = 1, .origins = 4}.is_won()));
}

TEST(SimilarSeries, are_of_the_same_name_before_anything_else) {
  EXPECT_EQ(name_pattern("/a/worker-7.service"), "worker-#.service");
  EXPECT_EQ(name_pattern("/a/docker-0123456789abcdef.scope"), "docker-#.scope");
  const auto at = [](HostId host, const char* cgroup) {
    return Series{{{host, cgroup}, Quantity::cpu_usage}, kStart, 10s, {1}};
  };
  const std::vector<Series> all = {at(1, "/x/worker-1"),
                                   at(2, "/y/worker-2"),
                                   at(1, "/x/db"),
                                   at(2, "/web"),
                                   at(1, ""),
                                   at(2, "")};
  const auto find = [&](HostId host, const char* cgroup, const std::vector<Tag>& tags = {}) {
    return find_similar({{host, cgroup}, Quantity::cpu_usage}, all, tags);
  };
  EXPECT_EQ(find(1, "/x/worker-1").series, std::vector<const Series*>{&all[1]});
  const std::vector<Tag> tags = {{{1, "/x/db"}, "role", "store", "", "", 1},
                                 {{2, "/web"}, "role", "store", "", "", 1}};
  EXPECT_EQ(find(1, "/x/db", tags).series, std::vector<const Series*>{&all[3]});
  EXPECT_EQ(find(1, "/x/db", tags).likeness, "with the tag role=store");
  EXPECT_EQ(find(1, "/x/db").series, std::vector<const Series*>{&all[0]})
      << "below the same cgroup";
  EXPECT_EQ(find(3, "").series.size(), 2U) << "hosts are like hosts";
  EXPECT_EQ(find(3, "/z/new").series.size(), 4U);
}

}  // namespace
}  // namespace foreshock::coordinator

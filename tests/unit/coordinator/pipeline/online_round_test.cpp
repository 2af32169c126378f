#include "coordinator/pipeline/online_round.h"

#include <cmath>
#include <memory>
#include <variant>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = wall_time_from_ms(1'790'000'000'000);
const SeriesKey kShop{{1, "/shop"}, Quantity::cpu_usage};
const SeriesKey kHost{{1, ""}, Quantity::cpu_usage};

/// Series of 3 + a slow wave, known since `known_since`; counts what it is asked for.
class WavyHistory final : public HistoryReader {
 public:
  Result<std::vector<HostRow>> hosts() override { return std::vector<HostRow>{}; }
  Result<std::vector<WorkloadRow>> workloads(std::optional<HostId>) override {
    return std::vector<WorkloadRow>{};
  }
  Result<std::vector<SeriesKey>> series_keys(WallTime) override { return std::vector<SeriesKey>{}; }
  Result<std::vector<ExecutionRow>> executions(const ExecutionQuery&) override {
    return std::vector<ExecutionRow>{};
  }
  Result<std::vector<SignatureRuns>> signature_runs(WallTime, WallTime, std::size_t) override {
    return std::vector<SignatureRuns>{};
  }
  Result<SignatureUse> signature_use() override { return SignatureUse{}; }
  Result<Series> series(const SeriesQuery& query) override {
    Series made{query.key, query.from, query.step, {}};
    for (WallTime at = query.from; at < query.to; at += query.step) {
      const double minutes = std::chrono::duration<double>(at.time_since_epoch()).count() / 60;
      made.values.push_back(at < known_since ? std::nan("") : 3 + std::sin(minutes));
    }
    values_asked_for += made.values.size();
    return made;
  }
  WallTime known_since = kNow - 30min;
  std::size_t values_asked_for = 0;
};

class OnlineRoundTest : public testing::Test {
 protected:
  void SetUp() override { start_anew(); }
  void start_anew() {
    round_.reset();
    store_ = OnlineStore::open(dir_ / "models.db").value();
    OnlineRound::Options options;
    options.step = 10s;
    options.history = 1h;
    options.points = 6;
    options.max_series = 2;
    round_ = std::make_unique<OnlineRound>(options, OnlineRound::Parts{history_, *store_});
  }
  std::map<SeriesKey, ForecastOrReason> run(WallTime now,
                                            const std::vector<SeriesKey>& keys = {kShop}) {
    auto answers = round_->run(keys, now);
    if (answers) scored_ = answers->scored;
    EXPECT_TRUE(answers) << answers.error().message();
    return answers ? std::move(answers->forecasts) : std::map<SeriesKey, ForecastOrReason>{};
  }

  test::TempDir dir_;
  WavyHistory history_;
  std::unique_ptr<OnlineStore> store_;
  std::unique_ptr<OnlineRound> round_;
  std::vector<ScoredPoint> scored_;  ///< of the last round
};

TEST_F(OnlineRoundTest, forecasts_from_the_history_and_then_reads_only_what_is_new) {
  const auto made = std::get<Forecast>(run(kNow).at(kShop));
  EXPECT_EQ(made.model, "online");
  EXPECT_EQ(made.start, kNow);
  EXPECT_EQ(made.mean.size(), 6u);
  EXPECT_NEAR(made.mean[0], 3, 1.2);
  EXPECT_EQ(history_.values_asked_for, 360u);
  EXPECT_EQ(std::get<Forecast>(run(kNow + 30s).at(kShop)).start, kNow + 30s);
  EXPECT_EQ(history_.values_asked_for, 363u);
}

TEST_F(OnlineRoundTest, tells_how_its_forecasts_came_out) {
  run(kNow);
  EXPECT_TRUE(scored_.empty());
  run(kNow + 60s);
  ASSERT_FALSE(scored_.empty());
  for (const ScoredPoint& point : scored_) {
    EXPECT_EQ(point.key, kShop);
    EXPECT_EQ(point.model, "online");
    EXPECT_LT(point.error, 1);
    EXPECT_GE(point.time, kNow);
  }
}

TEST_F(OnlineRoundTest, goes_on_after_a_restart_from_what_was_saved) {
  run(kNow);
  start_anew();
  history_.values_asked_for = 0;
  run(kNow + 60s);
  EXPECT_EQ(history_.values_asked_for, 6u);
}

TEST_F(OnlineRoundTest, a_damaged_state_begins_anew_from_the_history) {
  run(kNow);
  ASSERT_TRUE(store_->save({{kShop, {std::byte{9}}}}, kNow));
  start_anew();
  history_.values_asked_for = 0;
  EXPECT_TRUE(std::holds_alternative<Forecast>(run(kNow + 60s).at(kShop)));
  EXPECT_EQ(history_.values_asked_for, 360u);
}

TEST_F(OnlineRoundTest, says_why_there_is_no_forecast_yet_and_leaves_out_what_is_too_many) {
  history_.known_since = kNow - 50s;
  const SeriesKey third{{1, "/third"}, Quantity::cpu_usage};
  const auto answers = run(kNow, {kHost, kShop, third});
  EXPECT_EQ(answers.size(), 2u);
  EXPECT_FALSE(answers.contains(third));
  EXPECT_EQ(std::get<NotYet>(answers.at(kHost)).ready_at, kNow + 70s);
}

}  // namespace
}  // namespace foreshock::coordinator

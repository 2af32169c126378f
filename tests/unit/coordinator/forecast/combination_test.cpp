#include "coordinator/forecast/combination.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

#include "generated_series.h"

namespace foreshock::coordinator {
namespace {

using std::chrono::hours;

constexpr std::size_t kDay = 24;

struct Made {
  Forecast forecast;
  std::map<std::string, double> weights;
  std::vector<ModelScore> scores;

  double weight_of(const std::string& beginning) const {
    double sum = 0;
    for (const auto& [name, weight] : weights) sum += name.starts_with(beginning) ? weight : 0;
    return sum;
  }
};

Made make(const std::vector<double>& values, std::size_t points) {
  auto outcome = Combination().train(series_of(values, hours(1)), points);
  Made made{std::get<Forecast>(outcome.forecast), {}, outcome.scores};
  for (const ModelScore& score : outcome.scores) made.weights[score.model] = score.weight;
  return made;
}

double mean_error(const Forecast& forecast, const std::vector<double>& all, std::size_t origin) {
  double sum = 0;
  for (std::size_t h = 0; h < forecast.mean.size(); ++h)
    sum += std::abs(forecast.mean[h] - all[origin + h]) / static_cast<double>(forecast.mean.size());
  return sum;
}

TEST(Combination, a_daily_series_is_served_by_its_days) {
  const auto all = seasonal(kDay * 32, kDay, 0.5, 1);
  const Made made = make({all.begin(), all.begin() + kDay * 30}, 48);
  EXPECT_LT(mean_error(made.forecast, all, kDay * 30), 0.6);
  EXPECT_GT(made.weight_of("day") + made.weight_of("recent days") + made.weight_of("week") +
                made.weight_of("workday") + made.weight_of("values of the same time"),
            made.weight_of("level"));
}

TEST(Combination, after_a_break_the_old_level_is_forgotten) {
  auto values = noise(kDay * 30, 40, 1, 2);
  for (std::size_t i = kDay * 27; i < values.size(); ++i) values[i] -= 30;
  const Made made = make(values, 24);
  for (const double mean : made.forecast.mean) EXPECT_NEAR(mean, 10, 4);
}

TEST(Combination, a_wandering_series_is_followed_and_let_go_with_distance) {
  const auto steps = noise(kDay * 30, 0, 1, 3);
  std::vector<double> values(steps.size());
  double now = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    now = 0.9 * now + steps[i];
    values[i] = 50 + now;
  }
  std::fill(values.end() - 12, values.end(), 58.0);
  const Made made = make(values, 48);
  EXPECT_GT(made.forecast.mean[0], 54);
  EXPECT_NEAR(made.forecast.mean[47], 50, 3);
  EXPECT_LT(made.forecast.quantiles[0][4] - made.forecast.quantiles[0][2],
            made.forecast.quantiles[47][4] - made.forecast.quantiles[47][2]);
}

TEST(Combination, a_job_every_25_hours_is_found) {
  auto values = noise(kDay * 30, 5, 0.2, 4);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += i % 25 < 4 ? 20 : 0;
  const Made made = make(values, 24);
  EXPECT_GT(made.weight_of("every"), 0.3);
  for (std::size_t h = 0; h < 24; ++h) {
    const bool runs = (values.size() + h) % 25 < 4;
    EXPECT_NEAR(made.forecast.mean[h], runs ? 25 : 5, 5) << h;
  }
}

TEST(Combination, a_member_that_seasonal_naive_beats_has_no_share_of_the_paths) {
  auto values = noise(kDay * 7, 20, 8, 5);
  std::vector<double> repeated;
  for (int week = 0; week < 5; ++week)
    repeated.insert(repeated.end(), values.begin(), values.begin() + kDay);
  for (int more = 0; more < 3; ++more)
    repeated.insert(repeated.end(), repeated.begin(), repeated.begin() + 5 * kDay);
  const Made made = make(repeated, 24);
  EXPECT_EQ(made.weight_of("level"), 0);
  EXPECT_NEAR(made.forecast.mean[7], values[7], 0.1);
}

TEST(Combination, scores_every_member_and_the_whole) {
  const Made made = make(seasonal(kDay * 30, kDay, 0.5, 6), 24);
  EXPECT_EQ(made.scores.front().model, "combination");
  EXPECT_GT(made.scores.size(), 8u);
  double members = 0;
  for (const ModelScore& score : made.scores) {
    EXPECT_GT(score.points, 100u) << score.model;
    EXPECT_GT(score.pinball, 0) << score.model;
    if (score.model != "combination") members += score.weight;
  }
  EXPECT_NEAR(members, 1, 1e-6);
  EXPECT_NEAR(made.scores.front().coverage80, 0.8, 0.12);
}

TEST(Combination, values_below_zero_may_come_where_they_came) {
  const Made made = make(noise(kDay * 20, 0, 1, 7), 24);
  EXPECT_LT(made.forecast.quantiles[5].front(), -1);
}

/// Bytes or shares of a core: by powers of two, so that nothing is rounded otherwise.
TEST(Combination, the_unit_of_a_series_changes_nothing) {
  for (const std::size_t days : {20U, 70U}) {  // the longer one with a forest
    const auto values = seasonal(kDay * days, kDay, 0.5, 7);
    const Made made = make(values, 24);
    EXPECT_EQ(made.weights.contains("forest"), days == 70U);
    for (const double unit : {std::exp2(-24), std::exp2(36)}) {
      auto scaled = values;
      for (double& value : scaled) value *= unit;
      const Made other = make(scaled, 24);
      for (std::size_t h = 0; h < 24; ++h) {
        EXPECT_NEAR(other.forecast.mean[h] / unit, made.forecast.mean[h], 1e-9) << unit;
        for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
          EXPECT_NEAR(other.forecast.quantiles[h][q] / unit, made.forecast.quantiles[h][q], 1e-9)
              << unit;
        }
      }
    }
  }
}

TEST(Combination, shares_given_back_make_the_same_forecast) {
  const Series history = series_of(seasonal(kDay * 30, kDay, 0.5, 3), hours(1));
  const auto trained = Combination().train(history, 48);
  ASSERT_TRUE(trained.shares);
  const auto again = Combination().forecast_with(*trained.shares, history, 48);
  ASSERT_TRUE(again);
  const auto& expected = std::get<Forecast>(trained.forecast).quantiles;
  const auto& served = std::get<Forecast>(*again).quantiles;
  ASSERT_EQ(served.size(), expected.size());
  for (std::size_t h = 0; h < expected.size(); ++h) {
    for (std::size_t q = 0; q < expected[h].size(); ++q)
      EXPECT_NEAR(served[h][q], expected[h][q], 1e-9);
  }
  EXPECT_EQ(std::get<Forecast>(Combination().forecast(history, 48)).quantiles, expected);
  EXPECT_FALSE(Combination().forecast_with(*trained.shares, history, 12)) << "of another horizon";
}

/// Two values in turn by the minute of the hour, which of them comes being told by the last one: a
/// shape knows the time only, a regression no turns.
TEST(Combination, where_there_are_thousands_of_values_a_forest_may_win) {
  std::mt19937_64 engine(5);
  std::normal_distribution<double> noise(0, 0.3);
  std::vector<double> values;
  double state = 0;
  for (std::size_t i = 0; i < 12 * kDay * 8; ++i) {
    if (i % 12 == 0) state = engine() % 2 == 0 ? 0 : 1;
    values.push_back(10 + (state > 0 ? (i % 12 < 6 ? 8 : -6) : 0) + noise(engine));
  }
  const Series history = series_of(values, std::chrono::minutes(5));
  const auto trained = Combination().train(history, 24);
  const auto forest = std::ranges::find(trained.scores, "forest", &ModelScore::model);
  ASSERT_NE(forest, trained.scores.end());
  EXPECT_GT(forest->weight, 0.05);
  for (const char* member : {"seasonal naive", "day", "level", "harmonics"}) {
    const auto other = std::ranges::find(trained.scores, member, &ModelScore::model);
    ASSERT_NE(other, trained.scores.end()) << member;
    EXPECT_LT(forest->pinball, other->pinball) << member;
  }
  EXPECT_NE(std::ranges::find(trained.scores, "forest band", &ModelScore::model),
            trained.scores.end());
  const auto again = Combination().forecast_with(*trained.shares, history, 24);
  ASSERT_TRUE(again);
  EXPECT_NEAR(std::get<Forecast>(*again).mean[0], std::get<Forecast>(trained.forecast).mean[0],
              1e-9);
}

struct Winner {
  std::string name;
  double loss = 0;
  double loss_of_combination = 0;
};

/// The member with the least loss in the back-test of a month of hours.
Winner find_winner(const std::function<double(std::size_t)>& value_of) {
  std::vector<double> values;
  for (std::size_t i = 0; i < 720; ++i) values.push_back(value_of(i));
  const auto outcome = Combination().train(series_of(values, std::chrono::hours(1)), 24);
  Winner winner{.name = "", .loss = std::numeric_limits<double>::infinity()};
  for (const auto& score : outcome.scores) {
    if (score.model == "combination") {
      winner.loss_of_combination = score.pinball;
    } else if (score.pinball < winner.loss) {
      winner.name = score.model;
      winner.loss = score.pinball;
    }
  }
  return winner;
}

TEST(Combination, other_members_win_on_other_series_and_it_is_about_as_good_as_each) {
  std::mt19937_64 engine(9);
  std::normal_distribution<double> noise(0, 1);
  const auto day = [](std::size_t i) {
    return std::sin(2 * std::numbers::pi * static_cast<double>(i) / 24);
  };
  double state = 0;
  const auto daily = find_winner([&](std::size_t i) { return 20 + 8 * day(i) + noise(engine); });
  const auto broken =
      find_winner([&](std::size_t i) { return (i < 600 ? 20 : 60) + 8 * day(i) + noise(engine); });
  const auto wandering =
      find_winner([&](std::size_t) { return 30 + (state = 0.95 * state + noise(engine)); });
  const auto events =
      find_winner([&](std::size_t i) { return 2 + (i % 37 < 2 ? 30 : 0) + 0.1 * noise(engine); });
  const auto blocks =
      find_winner([&](std::size_t i) { return 20 + (i % 24 < 3 ? 25 : 0) + 0.5 * noise(engine); });
  EXPECT_EQ(daily.name, "harmonics");
  EXPECT_EQ(blocks.name, "day") << "a day with edges is no sum of a few waves";
  EXPECT_TRUE(broken.name == "theta" || broken.name == "damped trend")
      << broken.name << ": averages remember the old level";
  EXPECT_EQ(wandering.name, "online");
  EXPECT_TRUE(events.name == "every 37 steps" || events.name == "every 74 steps") << events.name;
  for (const auto& winner : {daily, blocks, broken, wandering})
    EXPECT_LT(winner.loss_of_combination, 1.1 * winner.loss) << winner.name;
  EXPECT_LT(events.loss_of_combination, 0.1) << "of bursts of 30";
}

}  // namespace
}  // namespace foreshock::coordinator

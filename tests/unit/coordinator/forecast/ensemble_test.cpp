#include "coordinator/forecast/ensemble.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "coordinator/forecast/known_values.h"
#include "generated_series.h"

namespace foreshock::coordinator {
namespace {

/// Predicts one value for ever, with a narrow band.
class Stubborn final : public Forecaster {
 public:
  Stubborn(std::string name, double value) : name_(std::move(name)), value_(value) {}
  std::string name() const override { return name_; }
  ForecastOrReason forecast(const Series& history, std::size_t points) const override {
    return make_forecast(history, name_, std::vector<double>(points, value_),
                         std::vector<Quantiles>(points, Quantiles{-.3, -.2, -.1, 0, .1, .2, .3}));
  }

 private:
  std::string name_;
  double value_;
};

Ensemble make_ensemble(double yardstick, double rival) {
  std::vector<std::unique_ptr<Forecaster>> members;
  members.push_back(std::make_unique<Stubborn>("yardstick", yardstick));
  members.push_back(std::make_unique<Stubborn>("rival", rival));
  return Ensemble(std::move(members));
}

TEST(Ensemble, lets_the_better_member_serve) {
  const auto outcome =
      make_ensemble(4, 5).forecast_with_scores(series_of(noise(300, 5, 0.2, 1)), 30);
  ASSERT_EQ(outcome.scores.size(), 2u);
  EXPECT_EQ(outcome.scores[0].model, "rival");
  EXPECT_TRUE(outcome.scores[0].serves);
  EXPECT_FALSE(outcome.scores[1].serves);
  EXPECT_LT(outcome.scores[0].pinball, outcome.scores[1].pinball);
  EXPECT_EQ(std::get<Forecast>(outcome.forecast).model, "rival");
  EXPECT_GT(outcome.scores[0].points, 200u);
}

TEST(Ensemble, stays_with_the_yardstick_when_it_is_not_beaten) {
  const auto outcome =
      make_ensemble(5, 5).forecast_with_scores(series_of(noise(300, 5, 0.2, 1)), 30);
  EXPECT_EQ(outcome.scores[0].model, "yardstick");
  EXPECT_EQ(std::get<Forecast>(outcome.forecast).model, "yardstick");
}

TEST(Ensemble, measures_coverage_on_what_came) {
  const auto outcome =
      make_ensemble(5, 9).forecast_with_scores(series_of(std::vector<double>(300, 5.05)), 30);
  EXPECT_DOUBLE_EQ(outcome.scores[0].coverage80, 1);
  EXPECT_DOUBLE_EQ(outcome.scores[1].coverage80, 0);
  double loss = 0;
  for (std::size_t q = 0; q < 7; ++q) {
    const double over = 5.05 - (5 + std::array{-.3, -.2, -.1, 0., .1, .2, .3}[q]);
    loss += over >= 0 ? kQuantileLevels[q] * over : (kQuantileLevels[q] - 1) * over;
  }
  EXPECT_NEAR(outcome.scores[0].pinball, loss / 7, 1e-12);
}

TEST(Ensemble, the_product_chooses_by_the_data) {
  const auto ensemble = make_default_ensemble();
  // A line is what damped Holt-Winters is for; the naive level always lags behind.
  const auto line = ensemble->forecast_with_scores(series_of(trend(600, 0.5, 0.2, 2)), 30);
  EXPECT_EQ(line.scores[0].model, "holt-winters");
  // A pattern that repeats exactly cannot be beaten by smoothing it.
  std::vector<double> pattern = noise(60, 20, 2, 3);
  std::vector<double> repeated;
  for (int i = 0; i < 10; ++i) repeated.insert(repeated.end(), pattern.begin(), pattern.end());
  const auto season = ensemble->forecast_with_scores(series_of(repeated), 30);
  EXPECT_EQ(season.scores[0].model, "seasonal-naive");
  EXPECT_NEAR(season.scores[0].pinball, 0, 1e-9);
}

TEST(Ensemble, a_short_history_is_served_by_the_yardstick_without_a_score) {
  const auto outcome =
      make_default_ensemble()->forecast_with_scores(series_of(noise(30, 5, 1, 4)), 60);
  ASSERT_EQ(outcome.scores.size(), 2u);
  EXPECT_EQ(outcome.scores[0].model, "seasonal-naive");
  EXPECT_TRUE(outcome.scores[0].serves);
  EXPECT_EQ(outcome.scores[0].points, 0u);
  EXPECT_TRUE(std::holds_alternative<Forecast>(outcome.forecast));
}

}  // namespace
}  // namespace foreshock::coordinator

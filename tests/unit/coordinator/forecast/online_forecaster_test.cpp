#include "coordinator/forecast/online_forecaster.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

constexpr auto kStep = 5min;
const WallTime kStart = wall_time_from_ms(1'790'208'000'000);  // a Thursday, 00:00 UTC
const SeriesKey kKey{{1, "/shop"}, Quantity::cpu_usage};

/// Tells `count` values of `value_of(i)`, from step `first` on.
void tell(OnlineForecaster& online, std::size_t first, std::size_t count,
          const std::function<double(std::size_t)>& value_of) {
  for (std::size_t i = first; i < first + count; ++i)
    online.update(kStart + kStep * static_cast<std::int64_t>(i), value_of(i));
}

Forecast forecast(const OnlineForecaster& online, std::size_t points) {
  return std::get<Forecast>(online.forecast(kKey, points));
}

double mean_error(const Forecast& made, std::size_t first,
                  const std::function<double(std::size_t)>& value_of) {
  double sum = 0;
  for (std::size_t i = 0; i < made.mean.size(); ++i)
    sum += std::abs(made.mean[i] - value_of(first + i));
  return sum / static_cast<double>(made.mean.size());
}

double daily(std::size_t i) {
  return 10 + 6 * std::sin(2 * std::numbers::pi * static_cast<double>(i) / 288);
}

TEST(OnlineForecaster, says_how_many_values_are_missing) {
  OnlineForecaster online(kStep);
  EXPECT_NE(std::get<NotYet>(online.forecast(kKey, 3)).reason.find("0 of 12"), std::string::npos);
  tell(online, 0, 5, daily);
  const auto not_yet = std::get<NotYet>(online.forecast(kKey, 3));
  EXPECT_EQ(not_yet.ready_at, kStart + kStep * 12);
  tell(online, 5, 7, daily);
  EXPECT_EQ(forecast(online, 3).start, kStart + kStep * 12);
}

TEST(OnlineForecaster, learns_the_shape_of_a_day) {
  OnlineForecaster online(kStep);
  std::mt19937_64 engine(1);
  std::normal_distribution<double> noise(0, 0.3);
  tell(online, 0, 288 * 7, [&](std::size_t i) { return daily(i) + noise(engine); });
  EXPECT_LT(mean_error(forecast(online, 288), 288 * 7, daily), 0.6);
}

TEST(OnlineForecaster, learns_the_shape_of_a_week) {
  const auto value_of = [](std::size_t i) {
    return daily(i) * ((i / 288) % 7 == 2 || (i / 288) % 7 == 3 ? 0.2 : 1.0);
  };
  OnlineForecaster online(kStep);
  tell(online, 0, 288 * 35, value_of);
  EXPECT_LT(mean_error(forecast(online, 288 * 5), 288 * 35, value_of), 1.5);
}

TEST(OnlineForecaster, follows_autoregression_nearby_and_goes_back_to_the_level) {
  std::mt19937_64 engine(2);
  std::normal_distribution<double> noise(0, 0.5);
  OnlineForecaster online(kStep);
  double state = 0;
  tell(online, 0, 1500, [&](std::size_t) { return 20 + (state = 0.9 * state + noise(engine)); });
  double nearby = 0, naive = 0;
  for (std::size_t i = 1500; i < 2500; ++i) {
    const double next = 0.9 * state + noise(engine);
    nearby += std::abs(forecast(online, 1).mean[0] - 20 - next);
    naive += std::abs(next);
    state = next;
    tell(online, i, 1, [&](std::size_t) { return 20 + state; });
  }
  EXPECT_LT(nearby, 0.6 * naive);
  EXPECT_NEAR(forecast(online, 200).mean.back(), 20, 1.5);
}

TEST(OnlineForecaster, adapts_to_a_new_regime_within_hours) {
  std::mt19937_64 engine(3);
  std::normal_distribution<double> noise(0, 0.3);
  OnlineForecaster online(kStep);
  tell(online, 0, 288 * 5, [&](std::size_t i) { return daily(i) + noise(engine); });
  tell(online, 288 * 5, 48, [&](std::size_t i) { return 3 * daily(i) + noise(engine); });
  const auto tripled = [](std::size_t i) { return 3 * daily(i); };
  EXPECT_LT(mean_error(forecast(online, 24), 288 * 5 + 48, tripled), 6);
}

TEST(OnlineForecaster, bands_cover_what_they_say) {
  std::mt19937_64 engine(4);
  std::normal_distribution<double> noise(0, 1);
  const auto value_of = [&](std::size_t i) { return 20 + daily(i) + noise(engine); };
  OnlineForecaster online(kStep);
  tell(online, 0, 288 * 7, value_of);
  std::array<int, 2> inside{};
  int all = 0;
  for (std::size_t i = 288 * 7; i < 288 * 14; i += 12) {
    const auto made = forecast(online, 12);
    for (const auto& quantiles : made.quantiles) {
      const double value = value_of(i);
      inside[0] += quantiles[2] <= value && value <= quantiles[4] ? 1 : 0;
      inside[1] += quantiles[0] <= value && value <= quantiles[6] ? 1 : 0;
      ++all;
    }
    tell(online, i, 12, value_of);
  }
  EXPECT_NEAR(static_cast<double>(inside[0]) / all, 0.8, 0.06);
  EXPECT_NEAR(static_cast<double>(inside[1]) / all, 0.95, 0.04);
}

TEST(OnlineForecaster, quantiles_are_ordered_and_not_negative_where_the_series_is_not) {
  std::mt19937_64 engine(5);
  OnlineForecaster online(kStep);
  tell(online, 0, 2000, [&](std::size_t i) { return i % 40 < 4 ? 5.0 + engine() % 3 : 0.0; });
  for (const auto& quantiles : forecast(online, 2000).quantiles) {
    EXPECT_TRUE(std::ranges::is_sorted(quantiles));
    EXPECT_GE(quantiles[0], 0);
  }
}

TEST(OnlineForecaster, is_not_beside_itself_when_load_comes_after_nothing) {
  OnlineForecaster online(kStep);
  tell(online, 0, 100, [](std::size_t) { return 0.0; });
  for (std::size_t i = 100; i < 400; ++i) {
    tell(online, i, 1, [](std::size_t at) { return at % 20 < 5 ? 2.0 : 0.0; });
    for (const auto& quantiles : forecast(online, 60).quantiles) ASSERT_LE(quantiles[6], 6) << i;
  }
}

TEST(OnlineForecaster, takes_values_below_zero_as_offsets) {
  const auto value_of = [](std::size_t i) { return daily(i) - 10; };
  OnlineForecaster online(kStep);
  tell(online, 0, 288 * 7, value_of);
  EXPECT_LT(mean_error(forecast(online, 288), 288 * 7, value_of), 1);
}

TEST(OnlineForecaster, leaves_out_what_it_was_told_and_what_is_older) {
  OnlineForecaster online(kStep);
  tell(online, 0, 600, daily);
  const auto before = online.save();
  EXPECT_FALSE(online.update(kStart + kStep * 599, 1000));
  EXPECT_FALSE(online.update(kStart + kStep * 590, 1000));
  EXPECT_EQ(online.save(), before);
}

TEST(OnlineForecaster, keeps_the_place_in_the_day_over_gaps) {
  OnlineForecaster online(kStep);
  tell(online, 0, 288 * 6, daily);
  tell(online, 288 * 6, 10, [](std::size_t) { return std::nan(""); });
  const std::size_t later = 288 * 7 + 100;  // nothing was told of a day and more
  tell(online, later, 3, daily);
  EXPECT_LT(mean_error(forecast(online, 200), later + 3, daily), 1.2);
}

TEST(OnlineForecaster, believes_a_clock_that_was_set_back) {
  OnlineForecaster online(kStep);
  tell(online, 288 * 4, 288 * 6, daily);
  tell(online, 0, 288, daily);  // ten days back
  EXPECT_EQ(online.end(), kStart + kStep * 288);
  EXPECT_LT(mean_error(forecast(online, 288), 288, daily), 0.8);
}

TEST(OnlineForecaster, goes_on_from_its_saved_state_as_if_nothing_had_been) {
  std::mt19937_64 engine(6);
  OnlineForecaster online(kStep);
  tell(online, 0, 3000,
       [&](std::size_t i) { return daily(i) + static_cast<double>(engine() % 3); });
  const auto bytes = online.save();
  EXPECT_LE(bytes.size(), OnlineForecaster::kMaxStateBytes);
  auto restored = OnlineForecaster::restore(bytes);
  ASSERT_TRUE(restored) << restored.error().message();
  tell(online, 3000, 100, daily);
  tell(*restored, 3000, 100, daily);
  EXPECT_EQ(restored->save(), online.save());
  EXPECT_EQ(forecast(*restored, 300).quantiles, forecast(online, 300).quantiles);
}

TEST(OnlineForecaster, refuses_a_damaged_state) {
  OnlineForecaster online(kStep);
  tell(online, 0, 3000, daily);
  const auto sound = online.save();
  EXPECT_FALSE(OnlineForecaster::restore({}));
  for (const std::size_t size : {3UL, 13UL, 100UL, sound.size() - 1}) {
    const auto cut = OnlineForecaster::restore(ByteView(sound).first(size));
    EXPECT_FALSE(cut) << size;
  }
  auto longer = sound;
  longer.push_back(std::byte{0});
  EXPECT_NE(OnlineForecaster::restore(longer).error().message().find("1 bytes too many"),
            std::string::npos);
  std::mt19937_64 engine(7);
  for (int i = 0; i < 300; ++i) {  // whatever the bytes are: refused, or a forecast comes of them
    auto damaged = sound;
    for (int n = 0; n < 8; ++n) damaged[engine() % damaged.size()] = std::byte(engine() % 256);
    auto restored = OnlineForecaster::restore(damaged);
    if (!restored) continue;
    tell(*restored, 3000, 50, daily);
    std::ignore = restored->forecast(kKey, 100);
  }
}

}  // namespace
}  // namespace foreshock::coordinator

// What a forecast costs: online, value by value, and combined from all members.
#include <cmath>
#include <numbers>
#include <random>

#include <benchmark/benchmark.h>

#include "coordinator/forecast/combination.h"
#include "coordinator/forecast/online_forecaster.h"

namespace foreshock::coordinator {
namespace {

constexpr auto kStep = std::chrono::minutes(5);
constexpr std::size_t kDay = 288;

double value_at(std::size_t i, std::mt19937_64& engine) {
  std::normal_distribution<double> noise(0, 0.3);
  return 10 + 6 * std::sin(2 * std::numbers::pi * static_cast<double>(i) / kDay) + noise(engine);
}

OnlineForecaster after_days(std::size_t days) {
  std::mt19937_64 engine(1);
  OnlineForecaster online(kStep);
  for (std::size_t i = 0; i < days * kDay; ++i)
    online.update(WallTime(kStep * static_cast<std::int64_t>(i)), value_at(i, engine));
  return online;
}

void online_update(benchmark::State& state) {
  std::mt19937_64 engine(1);
  OnlineForecaster online = after_days(14);
  std::size_t i = 14 * kDay;
  for (auto _ : state) {
    online.update(WallTime(kStep * static_cast<std::int64_t>(i)), value_at(i, engine));
    ++i;
  }
  state.counters["state_bytes"] = static_cast<double>(online.save().size());
}
BENCHMARK(online_update)->Unit(benchmark::kMicrosecond);

void online_forecast_of_a_day(benchmark::State& state) {
  const OnlineForecaster online = after_days(14);
  const SeriesKey key{{1, "/shop"}, Quantity::cpu_usage};
  for (auto _ : state) benchmark::DoNotOptimize(online.forecast(key, kDay));
}
BENCHMARK(online_forecast_of_a_day)->Unit(benchmark::kMicrosecond);

void online_save_and_restore(benchmark::State& state) {
  const OnlineForecaster online = after_days(14);
  for (auto _ : state) benchmark::DoNotOptimize(OnlineForecaster::restore(online.save()));
}
BENCHMARK(online_save_and_restore)->Unit(benchmark::kMicrosecond);

/// Ten thousand series, each learned from a week and forecast a day ahead.
void ten_thousand_series(benchmark::State& state) {
  const SeriesKey key{{1, "/shop"}, Quantity::cpu_usage};
  for (auto _ : state) {
    for (int i = 0; i < 10'000; ++i) benchmark::DoNotOptimize(after_days(7).forecast(key, kDay));
  }
}
BENCHMARK(ten_thousand_series)->Unit(benchmark::kSecond)->Iterations(1);

void combination_of_a_month_of_hours(benchmark::State& state) {
  std::mt19937_64 engine(1);
  Series series{{{1, "/shop"}, Quantity::cpu_usage}, WallTime(), std::chrono::hours(1), {}};
  for (std::size_t i = 0; i < 720; ++i) series.values.push_back(value_at(i * 12, engine));
  for (auto _ : state) benchmark::DoNotOptimize(Combination().forecast(series, 48));
}
BENCHMARK(combination_of_a_month_of_hours)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace foreshock::coordinator

BENCHMARK_MAIN();

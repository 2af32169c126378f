#include "coordinator/lead/significance.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

constexpr double kLength = 600;
constexpr LagRange kLags{.least_s = 1.5, .most_s = 60};

std::vector<double> irregular(std::uint64_t seed, double least = 20, double most = 60) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> gap(least, most);
  std::vector<double> times;
  for (double t = gap(engine); t < kLength; t += gap(engine)) times.push_back(t);
  return times;
}

double p_value(const std::vector<double>& onsets, const std::vector<double>& executions) {
  CoincidenceScan scan(onsets, kLength, 1);
  const double score = scan.best(executions, kLags.least_s, kLags.most_s).score;
  return chance_of_score(scan, executions, kLags, score, 1000, 1);
}

TEST(ChanceOfScore, is_tiny_for_a_lead) {
  const std::vector<double> executions = irregular(1);
  std::vector<double> onsets;
  for (const double execution : executions) onsets.push_back(execution + 7);
  EXPECT_LT(p_value(onsets, executions), 1e-5);
}

TEST(ChanceOfScore, is_spread_evenly_for_what_is_unrelated) {
  int below_tenth = 0;
  int below_half = 0;
  constexpr int kWorlds = 200;
  for (int world = 0; world < kWorlds; ++world) {
    const auto seed = static_cast<std::uint64_t>(world);
    const double p = p_value(irregular(1000 + seed), irregular(5000 + seed));
    below_tenth += p <= 0.1;
    below_half += p <= 0.5;
  }
  // The larger of two p-values: at most, not exactly, as many as the level says.
  EXPECT_LE(below_tenth, kWorlds / 5);
  EXPECT_LE(below_half, kWorlds * 6 / 10);
  EXPECT_GE(below_half, kWorlds / 10);
}

TEST(ChanceOfScore, a_period_that_load_happens_to_have_too_is_no_evidence) {
  std::vector<double> executions, onsets;
  for (double t = 5; t < kLength; t += 30) {
    executions.push_back(t);
    onsets.push_back(t + 7);
  }
  EXPECT_GT(p_value(onsets, executions), 0.1);
}

TEST(ChanceOfScore, being_busy_in_the_same_hours_is_no_evidence) {
  // Two bursts; within them executions and onsets have nothing to do with each other.
  std::mt19937_64 engine(8);
  std::uniform_real_distribution<double> within(0, 90);
  std::vector<double> executions, onsets;
  for (const double burst : {50.0, 400.0}) {
    for (int i = 0; i < 12; ++i) executions.push_back(burst + within(engine));
    for (int i = 0; i < 10; ++i) onsets.push_back(burst + within(engine));
  }
  std::sort(executions.begin(), executions.end());
  std::sort(onsets.begin(), onsets.end());
  EXPECT_GT(p_value(onsets, executions), 0.01);
}

TEST(ChanceOfScore, is_the_same_for_the_same_seed) {
  const std::vector<double> executions = irregular(3);
  const std::vector<double> onsets = irregular(4);
  EXPECT_EQ(p_value(onsets, executions), p_value(onsets, executions));
}

TEST(IsPeriodic, knows_a_cron_job_with_its_misses_and_its_jitter) {
  EXPECT_TRUE(is_periodic({0, 60, 120, 180.5, 239.8}));
  EXPECT_TRUE(is_periodic({0, 60, 180, 240, 420}));
  EXPECT_FALSE(is_periodic({0, 13, 31, 42, 61}));
  EXPECT_FALSE(is_periodic({0, 60}));
}

TEST(FalseDiscovery, follows_benjamini_and_hochberg) {
  const auto q = false_discovery_q({0.01, 0.04, 0.03, 0.5});
  EXPECT_NEAR(q[0], 0.04, 1e-12);
  EXPECT_NEAR(q[1], 0.16 / 3, 1e-12);
  EXPECT_NEAR(q[2], 0.16 / 3, 1e-12);
  EXPECT_NEAR(q[3], 0.5, 1e-12);
  EXPECT_TRUE(false_discovery_q({}).empty());
}

TEST(FalseDiscovery, many_sightings_of_one_lead_do_not_make_room_for_others) {
  // Family 0 is seen on six series; 1 to 9 have one weak test each.
  std::vector<double> p_values(6, 1e-6);
  std::vector<std::size_t> family(6, 0);
  for (std::size_t f = 1; f < 10; ++f) {
    p_values.push_back(f == 1 ? 0.015 : 0.5);
    family.push_back(f);
  }
  EXPECT_LT(false_discovery_q(p_values)[6], 0.05);
  const auto by_family = false_discovery_q(p_values, family, 0.05);
  EXPECT_LT(by_family[0], 1e-4);
  EXPECT_GT(by_family[6], 0.05);
}

}  // namespace
}  // namespace foreshock::coordinator

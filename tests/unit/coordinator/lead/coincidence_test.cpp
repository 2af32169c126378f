#include "coordinator/lead/coincidence.h"

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

const std::vector<double> kExecutions = {3, 17, 40, 52, 81, 95};

std::vector<double> shifted(std::vector<double> times, double by) {
  for (double& time : times) time += by;
  return times;
}

TEST(CoincidenceScan, finds_the_lag_of_onsets_that_follow) {
  CoincidenceScan scan(shifted(kExecutions, 6.5), 120, 1);
  const Coincidence best = scan.best(kExecutions, 1, 20);
  EXPECT_NEAR(best.lag_s, 6.5, 1e-9);
  EXPECT_DOUBLE_EQ(best.tolerance_s, 0.6);
  EXPECT_GT(best.score, 6 * 2.0);
}

TEST(CoincidenceScan, widens_the_tolerance_where_the_lag_varies) {
  CoincidenceScan scan({300 + 8, 1200 + 14, 2500 + 11, 3700 + 6, 5100 + 13, 6600 + 9}, 8000, 1);
  const Coincidence best = scan.best({300, 1200, 2500, 3700, 5100, 6600}, 1, 60);
  EXPECT_GE(best.tolerance_s, 2.5);
  EXPECT_NEAR(best.lag_s, 10, 2);
}

TEST(CoincidenceScan, looks_only_within_the_range_of_lags) {
  CoincidenceScan scan(shifted(kExecutions, 6.5), 120, 1);
  EXPECT_LT(scan.best(kExecutions, 8, 11).score, scan.best(kExecutions, 1, 20).score / 2);
  EXPECT_NEAR(scan.best(shifted(kExecutions, 9), -20, 1).lag_s, -2.5, 1e-9);
}

TEST(CoincidenceScan, executions_at_the_end_do_not_count_against_a_lag) {
  CoincidenceScan scan(shifted(kExecutions, 6.5), 120, 1);
  std::vector<double> with_late = kExecutions;
  with_late.push_back(119);
  EXPECT_NEAR(scan.best(with_late, 1, 20).score, scan.best(kExecutions, 1, 20).score, 1e-9);
}

TEST(CoincidenceScan, chance_is_the_share_of_time_near_an_onset) {
  const CoincidenceScan scan({10, 11, 50}, 100, 1);
  EXPECT_DOUBLE_EQ(scan.chance(2), (5 + 4) / 100.0);
  EXPECT_DOUBLE_EQ(CoincidenceScan({}, 100, 1).chance(2), 0);
}

TEST(CoincidenceScan, matches_name_the_onset_or_none) {
  const CoincidenceScan scan({10, 30}, 100, 1);
  EXPECT_EQ(scan.match({4, 15, 24.5}, 6, 0.6),
            (std::vector<std::size_t>{0, CoincidenceScan::kNone, 1}));
}

TEST(CoincidenceScan, nothing_coincides_with_nothing) {
  CoincidenceScan none({}, 100, 1);
  EXPECT_EQ(none.best(kExecutions, 1, 20).score, 0);
  CoincidenceScan scan({10, 30}, 100, 1);
  EXPECT_EQ(scan.best({}, 1, 20).score, 0);
}

}  // namespace
}  // namespace foreshock::coordinator

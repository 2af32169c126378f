#include "coordinator/forecast/path_smoothing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foreshock::coordinator {

namespace {

using testing::ElementsAre;

TEST(PathSmoothing, reaches_are_parts_of_an_hour) {
  EXPECT_THAT(smoothing_reaches(1440), ElementsAre(0, 5, 15, 30, 60));
  EXPECT_THAT(smoothing_reaches(288), ElementsAre(0, 1, 3, 6, 12));
}

TEST(PathSmoothing, long_steps_are_left_alone) {
  EXPECT_THAT(smoothing_reaches(96), ElementsAre(0));
  EXPECT_THAT(smoothing_reaches(24), ElementsAre(0));
  EXPECT_THAT(smoothing_reaches(0), ElementsAre(0));
}

TEST(PathSmoothing, a_value_is_the_mean_of_its_neighbours) {
  EXPECT_THAT(smooth({0, 0, 9, 0, 0}, 1), ElementsAre(0, 3, 3, 3, 0));
}

TEST(PathSmoothing, at_the_ends_of_those_that_are_there) {
  EXPECT_THAT(smooth({4, 2, 0}, 1), ElementsAre(3, 2, 1));
  EXPECT_THAT(smooth({4, 2, 0}, 10), ElementsAre(2, 2, 2));
}

TEST(PathSmoothing, no_reach_changes_nothing) {
  EXPECT_THAT(smooth({4, 2, 0}, 0), ElementsAre(4, 2, 0));
  EXPECT_THAT(smooth({}, 3), ElementsAre());
}

}  // namespace

}  // namespace foreshock::coordinator

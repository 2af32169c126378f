#include "agent/budget/self_watch.h"

#include <chrono>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Bytes kSmall{50u << 20};

class SelfWatchTest : public testing::Test {
 protected:
  static SelfWatch::Options options() {
    SelfWatch::Options options;
    options.max_millicores = 300;
    options.max_memory = Bytes{256u << 20};
    return options;
  }

  SelfWatchTest() : watch_(options()) { watch_.look(now_, cpu_, kSmall); }

  /// Looks once a second for so many windows; how often the step changed.
  int run(int windows, int millicores, Bytes rss = kSmall) {
    int changes = 0;
    for (int second = 0; second < windows * 10; ++second) {
      now_ += seconds(1);
      cpu_ += milliseconds(millicores);
      if ((last_ = watch_.look(now_, cpu_, rss))) {
        ++changes;
        seen_ = last_;
      }
    }
    return changes;
  }

  BootTime now_{seconds(1000)};
  Nanoseconds cpu_{seconds(5)};
  SelfWatch watch_;
  std::optional<SelfWatch::Change> last_, seen_;
};

TEST_F(SelfWatchTest, saves_nothing_within_its_budget) {
  EXPECT_EQ(run(100, 290), 0);
  EXPECT_EQ(watch_.saving(), Saving::nothing);
}

TEST_F(SelfWatchTest, a_short_peak_is_no_reason_to_save) {
  run(2, 900);
  run(1, 10);
  run(2, 900);
  EXPECT_EQ(watch_.saving(), Saving::nothing);
}

TEST_F(SelfWatchTest, goes_step_by_step_to_the_last_and_says_why) {
  EXPECT_EQ(run(3, 412), 1);
  ASSERT_TRUE(seen_);
  EXPECT_EQ(seen_->from, Saving::nothing);
  EXPECT_EQ(seen_->to, Saving::argument_files);
  EXPECT_EQ(seen_->reason, "412m of 300m processor time, 50 MiB of 256 MiB memory");
  EXPECT_EQ(run(9, 412), 3);
  EXPECT_EQ(watch_.saving(), Saving::single_commands);
  EXPECT_EQ(run(30, 412), 0) << "there is nothing more to leave out";
}

TEST_F(SelfWatchTest, memory_alone_is_a_reason) {
  run(3, 1, Bytes{300u << 20});
  EXPECT_EQ(watch_.saving(), Saving::argument_files);
}

TEST_F(SelfWatchTest, returns_only_when_it_has_been_calm_for_long) {
  run(6, 500);
  ASSERT_EQ(watch_.saving(), Saving::samples);
  EXPECT_EQ(run(50, 250), 0) << "within the budget, and would be over it without saving";
  EXPECT_EQ(run(6, 100), 1);
  EXPECT_EQ(watch_.saving(), Saving::argument_files);
  EXPECT_EQ(run(6, 100), 1);
  EXPECT_EQ(watch_.saving(), Saving::nothing);
}

}  // namespace
}  // namespace foreshock::agent

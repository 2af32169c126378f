#include "coordinator/registry/accuracy_log.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

using namespace std::chrono_literals;

const WallTime kDay = wall_time_from_ms(1'700'006'400'000);  // midnight
const SeriesKey kShop{{1, "/shop"}, Quantity::cpu_usage};
const SeriesKey kHost{{1, ""}, Quantity::memory_used};

ScoredPoint point(const SeriesKey& key, WallTime time, double error, bool inside) {
  return {.key = key,
          .range = 1,
          .model = "m",
          .time = time,
          .error = error,
          .naive_error = 2 * error,
          .pinball = error / 4,
          .inside80 = inside,
          .inside95 = true,
          .above95 = !inside};
}

TEST(AccuracyLog, adds_up_days_by_series) {
  test::TempDir dir;
  auto log = AccuracyLog::open(dir / "models.db");
  ASSERT_TRUE(log) << log.error().message();
  ASSERT_TRUE((*log)->add({point(kShop, kDay, 1, true), point(kShop, kDay + 25h, 3, false),
                           point(kHost, kDay, 8, true)}));
  ASSERT_TRUE((*log)->add({point(kShop, kDay + 1h, 2, true)}));

  auto reader = AccuracyReader::open(dir / "models.db");
  ASSERT_TRUE(reader) << reader.error().message();
  const auto shop = (*reader)->read(kDay);
  ASSERT_TRUE(shop) << shop.error().message();
  ASSERT_EQ(shop->size(), 2U);
  EXPECT_EQ(shop->at(0).key, kHost);
  EXPECT_EQ(shop->at(1).points, 3U);
  EXPECT_DOUBLE_EQ(shop->at(1).mean_error, 2);
  EXPECT_DOUBLE_EQ(shop->at(1).mean_naive_error, 4);
  EXPECT_DOUBLE_EQ(shop->at(1).inside80, 2.0 / 3);
  EXPECT_DOUBLE_EQ(shop->at(1).inside95, 1);
  EXPECT_DOUBLE_EQ(shop->at(1).above95, 1.0 / 3);

  EXPECT_EQ((*reader)->read(kDay + 24h)->front().points, 1U);
  ASSERT_TRUE((*log)->forget_before(kDay + 24h));
  EXPECT_EQ((*reader)->read(kDay)->front().key, kShop);
}

TEST(AccuracyLog, is_there_after_it_was_opened_again) {
  test::TempDir dir;
  {
    auto log = AccuracyLog::open(dir / "models.db");
    ASSERT_TRUE(log);
    ASSERT_TRUE((*log)->add({point(kShop, kDay, 1, true)}));
  }
  auto log = AccuracyLog::open(dir / "models.db");
  ASSERT_TRUE(log);
  ASSERT_TRUE((*log)->add({point(kShop, kDay, 1, true)}));
  auto reader = AccuracyReader::open(dir / "models.db");
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->read(kDay)->front().points, 2U);
}

TEST(AccuracyReader, says_that_there_is_no_log_yet) {
  test::TempDir dir;
  const auto reader = AccuracyReader::open(dir / "models.db");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace foreshock::coordinator

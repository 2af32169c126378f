#include "coordinator/registry/online_store.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

const WallTime kNow = wall_time_from_ms(1'790'000'000'000);
const SeriesKey kShop{{1, "/shop"}, Quantity::cpu_usage};
const SeriesKey kHost{{1, ""}, Quantity::memory_used};

TEST(OnlineStore, keeps_the_newest_state_of_each_series_until_it_is_old) {
  const test::TempDir dir;
  auto store = OnlineStore::open(dir / "models.db").value();
  ASSERT_TRUE(store->save({{kShop, {std::byte{1}}}, {kHost, {std::byte{2}}}}, kNow));
  ASSERT_TRUE(store->save({{kShop, {std::byte{3}, std::byte{0}}}}, kNow + std::chrono::hours(1)));
  store.reset();
  store = OnlineStore::open(dir / "models.db").value();
  EXPECT_EQ(store->load().value(),
            (std::vector<OnlineStore::State>{{kHost, {std::byte{2}}},
                                             {kShop, {std::byte{3}, std::byte{0}}}}));
  ASSERT_TRUE(store->forget_before(kNow + std::chrono::minutes(1)));
  EXPECT_EQ(store->load()->size(), 1u);
}

}  // namespace
}  // namespace foreshock::coordinator

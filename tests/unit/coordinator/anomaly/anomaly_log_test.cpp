#include "coordinator/anomaly/anomaly_log.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

const WallTime kNow = WallTime(24h * 20000);

Anomaly anomaly(const char* cgroup, WallTime time, std::size_t agreeing) {
  return {.key = {{1, cgroup}, Quantity::cpu_usage},
          .time = time,
          .value = 2,
          .score = .75,
          .agreeing = agreeing,
          .detector = "value",
          .reason = "2 is above all values seen"};
}

}  // namespace

TEST(AnomalyLog, keeps_what_was_found_newest_first) {
  test::TempDir dir;
  auto log = AnomalyLog::open(dir / "a.db");
  ASSERT_TRUE(log) << log.error().message();
  ASSERT_TRUE((*log)->add({anomaly("/a", kNow - 2h, 2), anomaly("/b", kNow - 1h, 1)}, {}));
  ASSERT_TRUE((*log)->add({anomaly("/a", kNow - 2h, 3)}, {})) << "a repeat";
  auto reader = AnomalyReader::open(dir / "a.db");
  ASSERT_TRUE(reader) << reader.error().message();
  const auto all = (*reader)->read({.from = kNow - 24h});
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->front().key.workload.cgroup, "/b");
  EXPECT_EQ(all->back().agreeing, 2U);
  EXPECT_EQ(all->back().reason, "2 is above all values seen");
  EXPECT_EQ((*reader)->read({.from = kNow - 24h, .confirmed_only = true})->size(), 1U);
  EXPECT_EQ((*reader)->read({.from = kNow - 24h, .cgroup = "/b"})->size(), 1U);
  EXPECT_EQ((*reader)->read({.from = kNow - 24h, .limit = 1})->size(), 1U);
  ASSERT_TRUE((*log)->forget_before(kNow - 90min));
  EXPECT_EQ((*reader)->read({.from = kNow - 24h})->size(), 1U);
}

TEST(AnomalyLog, keeps_unusual_sessions_beside_them) {
  test::TempDir dir;
  auto log = AnomalyLog::open(dir / "a.db");
  ASSERT_TRUE(log) << log.error().message();
  const UnusualSession session{.host = 3,
                               .uid = 1000,
                               .time = kNow - 1h,
                               .score = 1.5,
                               .detector = "surprise",
                               .command = "nc -l <n>",
                               .reason = "14 bits, 3 is usual"};
  UnusualSession other = session;
  other.host = 4;
  other.time = kNow - 2h;
  ASSERT_TRUE((*log)->add({}, {session, other, session}));
  auto reader = AnomalyReader::open(dir / "a.db");
  ASSERT_TRUE(reader) << reader.error().message();
  const auto all = (*reader)->read_sessions({.from = kNow - 24h});
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->front(), session);
  EXPECT_EQ((*reader)->read_sessions({.from = kNow - 24h, .host = 4})->size(), 1U);
  EXPECT_EQ((*reader)->read_sessions({.from = kNow - 24h, .limit = 1})->size(), 1U);
  EXPECT_TRUE((*reader)->read_sessions({.from = kNow - 24h, .cgroup = "/a"})->empty());
  ASSERT_TRUE((*log)->forget_before(kNow - 90min));
  EXPECT_EQ((*reader)->read_sessions({.from = kNow - 24h})->size(), 1U);
}

}  // namespace foreshock::coordinator

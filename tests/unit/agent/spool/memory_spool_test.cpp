#include "agent/spool/memory_spool.h"

#include "tests/unit/agent/spool/spool_files.h"

namespace foreshock::agent {
namespace {

TEST(MemorySpool, keeps_what_is_not_released) {
  MemorySpool spool;
  for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_EQ(*spool.append(as_bytes(payload_of(i))), i);
  ASSERT_TRUE(spool.release_through(2));
  EXPECT_EQ(sequences_in(spool), range(3, 5));
  EXPECT_EQ(spool.stats().entries, 3U);
}

TEST(MemorySpool, drops_and_counts_the_oldest_at_its_bound) {
  MemorySpool spool(3);
  for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_EQ(*spool.append(as_bytes(payload_of(i))), i);
  EXPECT_EQ(sequences_in(spool), range(3, 5));
  EXPECT_EQ(spool.stats().dropped_entries, 2U);
}

}  // namespace
}  // namespace foreshock::agent

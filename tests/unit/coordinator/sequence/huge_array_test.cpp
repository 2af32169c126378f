#include "coordinator/sequence/huge_array.h"

#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

TEST(HugeArray, begins_as_zeros_and_keeps_what_is_written_to_both_ends) {
  HugeArray<std::uint32_t> array(1'000'000);
  EXPECT_EQ(array.size(), 1'000'000U);
  for (std::size_t i = 0; i < array.size(); i += 1000) ASSERT_EQ(array[i], 0U);
  array[0] = 1;
  array[array.size() - 1] = 2;
  const HugeArray<std::uint32_t> moved = std::move(array);
  EXPECT_EQ(moved[0], 1U);
  EXPECT_EQ(moved[moved.size() - 1], 2U);
}

TEST(HugeArray, is_aligned_for_huge_pages) {
  const HugeMemory memory(10);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % (std::uintptr_t{2} << 20), 0U);
}

}  // namespace
}  // namespace foreshock::coordinator

#include "coordinator/history/sequence_ranges.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

TEST(SequenceRanges, joins_numbers_that_come_in_any_order) {
  SequenceRanges ranges;
  for (const std::uint64_t sequence : {5, 1, 3, 2, 9}) EXPECT_TRUE(ranges.insert(sequence));
  EXPECT_EQ(ranges.to_text(), "1-3,5-5,9-9");
  EXPECT_TRUE(ranges.insert(4));
  EXPECT_EQ(ranges.to_text(), "1-5,9-9");
  for (const std::uint64_t sequence : {1, 3, 5, 9}) EXPECT_FALSE(ranges.insert(sequence));
  EXPECT_FALSE(ranges.contains(6));
}

TEST(SequenceRanges, holds_the_ends_of_the_numbers) {
  SequenceRanges ranges;
  EXPECT_TRUE(ranges.insert(~std::uint64_t{0}));
  EXPECT_TRUE(ranges.insert(0));
  EXPECT_TRUE(ranges.insert(~std::uint64_t{0} - 1));
  EXPECT_FALSE(ranges.insert(~std::uint64_t{0}));
  EXPECT_FALSE(ranges.insert(0));
  EXPECT_EQ(SequenceRanges::parse(ranges.to_text()), ranges);
}

TEST(SequenceRanges, takes_each_of_a_shuffled_thousand_once) {
  std::vector<std::uint64_t> sequences(1000);
  std::iota(sequences.begin(), sequences.end(), 1);
  std::ranges::shuffle(sequences, std::mt19937(1));
  SequenceRanges ranges;
  for (const auto sequence : sequences) EXPECT_TRUE(ranges.insert(sequence));
  for (const auto sequence : sequences) EXPECT_FALSE(ranges.insert(sequence));
  EXPECT_EQ(ranges.to_text(), "1-1000");
}

TEST(SequenceRanges, stays_bounded_by_closing_the_lowest_gap) {
  SequenceRanges ranges;
  for (std::uint64_t i = 0; i <= SequenceRanges::kMaxRanges; ++i) ranges.insert(10 * i);
  EXPECT_TRUE(ranges.contains(5));    // the lowest gap
  EXPECT_FALSE(ranges.contains(15));  // the next one
  EXPECT_TRUE(SequenceRanges::parse(ranges.to_text()).has_value());
}

TEST(SequenceRanges, reads_only_what_it_writes) {
  EXPECT_EQ(SequenceRanges::parse("")->to_text(), "");
  EXPECT_EQ(SequenceRanges::parse("1-500,502-600")->to_text(), "1-500,502-600");
  for (const char* text : {"1", "1-", "-1", "2-1", "1-2,", "1-2,3-4", "1-5,4-6", "1-2;4-5", "1-2 ",
                           "a-b", ",1-2", "1-99999999999999999999"}) {
    EXPECT_FALSE(SequenceRanges::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace foreshock::coordinator

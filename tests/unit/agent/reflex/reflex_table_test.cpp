#include "agent/reflex/reflex_table.h"

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const WallTime kStart{seconds(1000)};

Reflex make_reflex(std::uint64_t id, const std::string& signature, std::uint64_t value) {
  Reflex reflex;
  reflex.decision_id = id;
  reflex.signature = signature;
  reflex.base_names = {signature};
  reflex.adjustment = {{"/work", 7}, Knob::cpu_max, value};
  reflex.window = seconds(60);
  reflex.expires = kStart + seconds(600);
  return reflex;
}

TEST(ReflexTable, takes_back_to_the_limit_before_when_the_window_is_over) {
  ReflexTable table(4);
  table.arm(make_reflex(1, "dump", 4000));
  table.on_moved(1, 1000, milliseconds(1), kStart);
  EXPECT_TRUE(table.take_over(kStart + seconds(59)).empty());
  const auto endings = table.take_over(kStart + seconds(60));
  ASSERT_EQ(endings.size(), 1u);
  EXPECT_EQ(endings[0].expected, KnobValue(4000));
  EXPECT_EQ(endings[0].next, KnobValue(1000));
  EXPECT_TRUE(table.take_over(kStart + seconds(61)).empty());
}

TEST(ReflexTable, a_command_that_comes_again_begins_the_window_anew) {
  ReflexTable table(4);
  table.arm(make_reflex(1, "dump", 4000));
  table.on_moved(1, 1000, milliseconds(1), kStart);
  table.on_needless(1, kStart + seconds(50));
  EXPECT_TRUE(table.take_over(kStart + seconds(60)).empty());
  EXPECT_EQ(table.take_over(kStart + seconds(110)).at(0).next, KnobValue(1000));
  EXPECT_EQ(table.states()[0].extended, 1u);
}

TEST(ReflexTable, the_loosest_of_two_on_one_limit_stands_until_its_own_end) {
  ReflexTable table(4);
  table.arm(make_reflex(1, "dump", 2000));
  table.arm(make_reflex(2, "build", 4000));
  table.on_moved(1, 1000, milliseconds(1), kStart);
  table.on_moved(2, 2000, milliseconds(1), kStart + seconds(10));
  const auto first = table.take_over(kStart + seconds(60));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].next, KnobValue(4000));
  const auto second = table.take_over(kStart + seconds(70));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].expected, KnobValue(4000));
  EXPECT_EQ(second[0].next, KnobValue(1000));
}

TEST(ReflexTable, a_smaller_reflex_takes_over_when_the_larger_one_ends_first) {
  ReflexTable table(4);
  table.arm(make_reflex(1, "build", 4000));
  table.arm(make_reflex(2, "dump", 2000));
  table.on_moved(1, 1000, milliseconds(1), kStart);
  table.on_needless(2, kStart + seconds(30));
  const auto first = table.take_over(kStart + seconds(60));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].next, KnobValue(2000));
  EXPECT_EQ(table.take_over(kStart + seconds(90)).at(0).next, KnobValue(1000));
}

TEST(ReflexTable, one_of_the_same_command_and_limit_replaces_the_other) {
  ReflexTable table(1);
  table.arm(make_reflex(1, "dump", 2000));
  EXPECT_FALSE(table.has_room_for(make_reflex(2, "build", 2000)));
  ASSERT_TRUE(table.has_room_for(make_reflex(3, "dump", 3000)));
  table.arm(make_reflex(3, "dump", 3000));
  ASSERT_EQ(table.states().size(), 1u);
  EXPECT_EQ(table.states()[0].reflex.decision_id, 3u);
}

TEST(ReflexTable, expires_only_when_nothing_is_moved_any_more) {
  ReflexTable table(4);
  table.arm(make_reflex(1, "dump", 4000));
  table.on_moved(1, 1000, milliseconds(1), kStart + seconds(590));
  EXPECT_TRUE(table.take_expired(kStart + seconds(601)).empty());
  EXPECT_EQ(table.take_over(kStart + seconds(650)).size(), 1u);
  EXPECT_EQ(table.take_expired(kStart + seconds(651)).size(), 1u);
  EXPECT_TRUE(table.states().empty());
}

}  // namespace
}  // namespace foreshock::agent

#include "coordinator/sequence/successor_table.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace foreshock::coordinator {
namespace {

std::uint64_t hash_of(std::uint64_t number) {
  return number * 0x9E3779B97F4A7C15ULL;
}

TEST(SuccessorNode, counts_what_came_and_remembers_the_last_visits) {
  SuccessorNode node;
  node.learn(7, 16);
  node.learn(8, 16);
  node.learn(7, 16);
  ASSERT_EQ(node.used, 2);
  EXPECT_EQ(node.visits, 3);
  EXPECT_EQ(node.successor(0).command, 7U);
  EXPECT_EQ(node.successor(0).count, 2);
  EXPECT_EQ(node.successor(0).history, 0b101);
  EXPECT_EQ(node.successor(1).history, 0b10);
  EXPECT_GT(node.successor(0).share, node.successor(1).share);
}

TEST(SuccessorNode, gives_the_rarest_successors_place_to_a_new_one) {
  SuccessorNode node;
  for (int round = 0; round < 3; ++round) {
    for (CommandId command = 0; command < 6; ++command) node.learn(command, 16);
  }
  node.learn(50, 16);
  node.learn(0, 16);
  node.learn(51, 16);
  EXPECT_EQ(node.used, 7);
  const auto knows = [&](CommandId command) {
    return std::ranges::count(node.commands, command) == 1;
  };
  EXPECT_TRUE(knows(51));
  EXPECT_TRUE(knows(0));
}

TEST(SuccessorNode, never_overflows) {
  SuccessorNode node;
  for (int i = 0; i < 70'000; ++i) node.learn(1, 16);
  EXPECT_EQ(node.visits, 65535);
  EXPECT_EQ(node.successor(0).count, 255);
  EXPECT_GT(node.successor(0).share, 65000);
}

TEST(SuccessorTable, finds_what_was_added) {
  SuccessorTable table(1000);
  EXPECT_EQ(table.capacity(), 1024U);
  EXPECT_EQ(table.find(hash_of(1)), nullptr);
  table.learn(hash_of(1), 3, 16);
  const SuccessorNode* node = table.find(hash_of(1));
  ASSERT_NE(node, nullptr);
  EXPECT_EQ(node->successor(0).command, 3U);
}

TEST(SuccessorTable, keeps_what_is_visited_often_while_others_come_and_go) {
  SuccessorTable table(64);
  for (int i = 0; i < 200; ++i) table.learn(hash_of(1), 3, 16);
  for (std::uint64_t other = 2; other < 1000; ++other) {
    table.learn(hash_of(other), 4, 16);
  }
  EXPECT_NE(table.find(hash_of(1)), nullptr);
}

TEST(SuccessorTable, forgets_in_the_end_what_is_no_longer_visited) {
  SuccessorTable table(4);
  for (int i = 0; i < 200; ++i) table.learn(hash_of(1), 3, 16);
  for (std::uint64_t other = 2; other < 2000; ++other) {
    table.learn(hash_of(other), 4, 16);
  }
  EXPECT_EQ(table.find(hash_of(1)), nullptr);
}

}  // namespace
}  // namespace foreshock::coordinator

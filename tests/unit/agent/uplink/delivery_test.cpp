#include "agent/uplink/delivery.h"

#include <string>

#include <gtest/gtest.h>

#include "agent/spool/memory_spool.h"
#include "agent/uplink/list_uplink.h"

namespace foreshock::agent {
namespace {

using std::chrono::seconds;
using Sequences = std::vector<std::uint64_t>;

class DeliveryTest : public testing::Test {
 protected:
  void fill(int entries) {
    for (int i = 0; i < entries; ++i) {
      const auto next = std::to_string(spool_.stats().last_sequence + 1);
      ASSERT_TRUE(spool_.append(as_bytes(next)));
    }
  }
  /// What was sent since the last call; each payload must be that of its sequence.
  Sequences take_sent() {
    Sequences sequences;
    for (const auto& message : uplink_.sent) {
      const auto& batch = std::get<Batch>(message);
      EXPECT_EQ(batch.incarnation, spool_.incarnation());
      EXPECT_EQ(as_text(batch.payload), std::to_string(batch.sequence));
      sequences.push_back(batch.sequence);
    }
    uplink_.sent.clear();
    return sequences;
  }
  void ack(Sequences sequences) {
    ASSERT_TRUE(
        delivery_.on_ack({.incarnation = spool_.incarnation(), .sequences = std::move(sequences)}));
  }
  Sequences kept() {
    Sequences sequences;
    while (const auto entry = *spool_.next_after(sequences.empty() ? 0 : sequences.back())) {
      sequences.push_back(entry->sequence);
    }
    return sequences;
  }

  MemorySpool spool_{20};
  ListUplink uplink_;
  Delivery delivery_{spool_, uplink_, {.window = 4, .resend_after = seconds(5)}};
  BootTime now_{seconds(1)};
};

TEST_F(DeliveryTest, sends_a_window_in_order_and_no_more_until_acks_come) {
  fill(6);
  ASSERT_TRUE(delivery_.pump(now_));
  EXPECT_EQ(take_sent(), (Sequences{1, 2, 3, 4}));
  ASSERT_TRUE(delivery_.pump(now_ + seconds(1)));
  EXPECT_EQ(take_sent(), Sequences{});
  ack({1, 2});
  ASSERT_TRUE(delivery_.pump(now_ + seconds(1)));
  EXPECT_EQ(take_sent(), (Sequences{5, 6}));
  EXPECT_EQ(delivery_.acked_batches(), 2U);
}

TEST_F(DeliveryTest, releases_only_what_is_acked_without_a_hole) {
  fill(4);
  ASSERT_TRUE(delivery_.pump(now_));
  ack({2, 4});
  EXPECT_EQ(kept(), (Sequences{1, 2, 3, 4}));
  ack({1});
  EXPECT_EQ(kept(), (Sequences{3, 4}));
  ack({3});
  EXPECT_EQ(kept(), Sequences{});
}

TEST_F(DeliveryTest, sends_again_what_was_not_acked_in_time) {
  fill(3);
  ASSERT_TRUE(delivery_.pump(now_));
  take_sent();
  ack({2});
  ASSERT_TRUE(delivery_.pump(now_ + seconds(4)));
  EXPECT_EQ(take_sent(), Sequences{});
  ASSERT_TRUE(delivery_.pump(now_ + seconds(5)));
  EXPECT_EQ(take_sent(), (Sequences{1, 3}));
  ASSERT_TRUE(delivery_.pump(now_ + seconds(6)));
  EXPECT_EQ(take_sent(), Sequences{}) << "the clock of a repeat starts when it is sent";
  EXPECT_EQ(delivery_.resent_batches(), 2U);
}

TEST_F(DeliveryTest, sends_everything_unacked_again_after_a_new_handshake) {
  fill(5);
  ASSERT_TRUE(delivery_.pump(now_));
  take_sent();
  ack({3});
  delivery_.on_connected();
  ASSERT_TRUE(delivery_.pump(now_));
  EXPECT_EQ(take_sent(), (Sequences{1, 2, 4, 5}));
}

TEST_F(DeliveryTest, keeps_everything_while_the_uplink_takes_nothing) {
  uplink_.link = LinkState::connecting;
  fill(3);
  ASSERT_TRUE(delivery_.pump(now_));
  EXPECT_EQ(take_sent(), Sequences{});
  EXPECT_EQ(kept(), (Sequences{1, 2, 3}));
  uplink_.link = LinkState::connected;
  ASSERT_TRUE(delivery_.pump(now_));
  EXPECT_EQ(take_sent(), (Sequences{1, 2, 3}));
}

TEST_F(DeliveryTest, goes_on_where_a_full_uplink_stopped_it) {
  uplink_.capacity = 2;
  fill(4);
  ASSERT_TRUE(delivery_.pump(now_));
  EXPECT_EQ(take_sent(), (Sequences{1, 2}));
  ASSERT_TRUE(delivery_.pump(now_));
  EXPECT_EQ(take_sent(), (Sequences{3, 4}));
}

TEST_F(DeliveryTest, passes_over_batches_that_the_spool_gave_up) {
  fill(4);
  ASSERT_TRUE(delivery_.pump(now_));
  EXPECT_EQ(take_sent(), (Sequences{1, 2, 3, 4}));
  fill(19);  // the spool holds 20: 1 to 3 are dropped
  ASSERT_TRUE(delivery_.pump(now_ + seconds(5)));
  EXPECT_EQ(take_sent(), (Sequences{4, 5, 6, 7}));
  ack({4, 5, 6, 7});
  EXPECT_EQ(kept().front(), 8U);
}

TEST_F(DeliveryTest, passes_over_numbers_that_were_never_used) {
  fill(25);  // the spool begins at 6
  ASSERT_TRUE(delivery_.pump(now_));
  EXPECT_EQ(take_sent(), (Sequences{6, 7, 8, 9}));
  ack({6});
  EXPECT_EQ(kept().front(), 7U);
}

TEST_F(DeliveryTest, acks_that_are_not_for_it_change_nothing) {
  fill(3);
  ASSERT_TRUE(delivery_.pump(now_));
  ASSERT_TRUE(delivery_.on_ack({.incarnation = {{1, 2}}, .sequences = {1, 2, 3}}));
  ack({0, 17, ~std::uint64_t{0}});
  EXPECT_EQ(kept(), (Sequences{1, 2, 3}));
  EXPECT_EQ(delivery_.acked_batches(), 0U);
  ack({1, 1});
  EXPECT_EQ(delivery_.acked_batches(), 1U);
}

}  // namespace
}  // namespace foreshock::agent

#include "agent/capture/ring_reader.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

constexpr std::uint32_t kBusy = 1u << 31;
constexpr std::uint32_t kDiscarded = 1u << 30;

/// A ring as the kernel lays it out, written by hand.
class FakeRing {
 public:
  RingMemory memory() {
    return {.consumer_position = &consumer,
            .producer_position = &producer,
            .data = data_.data(),
            .bytes = kBytes};
  }
  /// Returns where its header is.
  std::uint64_t produce(const std::string& payload, std::uint32_t flags = 0) {
    const std::uint64_t at = producer;
    write_header(at, static_cast<std::uint32_t>(payload.size()) | flags);
    for (std::size_t i = 0; i < payload.size(); ++i)
      put(at + 8 + i, static_cast<std::byte>(payload[i]));
    producer += (8 + payload.size() + 7) / 8 * 8;
    return at;
  }
  void write_header(std::uint64_t at, std::uint32_t word) {
    std::byte bytes[8] = {};
    std::memcpy(bytes, &word, sizeof word);
    for (std::size_t i = 0; i < sizeof bytes; ++i) put(at + i, bytes[i]);
  }

  static constexpr std::uint64_t kBytes = 64;
  std::uint64_t consumer = 0;
  std::uint64_t producer = 0;

 private:
  void put(std::uint64_t position, std::byte byte) {
    data_[position % kBytes] = byte;
    data_[position % kBytes + kBytes] = byte;
  }
  alignas(8) std::vector<std::byte> data_ = std::vector<std::byte>(2 * kBytes);
};

/// "" when there is nothing.
std::string peek_text(RingReader& reader) {
  const auto record = reader.peek();
  EXPECT_TRUE(record);
  if (!record || !*record) return "";
  return std::string(as_text(**record));
}

TEST(RingReader, reads_in_order_and_keeps_space_until_it_is_released) {
  FakeRing ring;
  ring.produce("one");
  ring.produce("two");
  RingReader reader(ring.memory());
  EXPECT_EQ(peek_text(reader), "one");
  EXPECT_EQ(peek_text(reader), "one") << "looking takes nothing";
  reader.advance();
  const auto after_one = reader.position();
  EXPECT_EQ(peek_text(reader), "two");
  reader.advance();
  EXPECT_EQ(peek_text(reader), "");
  EXPECT_EQ(ring.consumer, 0u);
  reader.release_through(after_one);
  EXPECT_EQ(ring.consumer, after_one);
  reader.release_through(0);
  EXPECT_EQ(ring.consumer, after_one) << "never backwards";
}

TEST(RingReader, starts_where_its_predecessor_released) {
  FakeRing ring;
  ring.produce("one");
  ring.produce("two");
  {
    RingReader first(ring.memory());
    peek_text(first);
    first.advance();
    first.release_through(first.position());
    peek_text(first);
    first.advance();
  }
  RingReader second(ring.memory());
  EXPECT_EQ(peek_text(second), "two");
}

TEST(RingReader, waits_for_a_record_that_is_being_written) {
  FakeRing ring;
  const auto busy = ring.produce("one", kBusy);
  ring.produce("two");
  RingReader reader(ring.memory());
  EXPECT_EQ(peek_text(reader), "");
  EXPECT_EQ(reader.position(), 0u);
  ring.write_header(busy, 3);
  EXPECT_EQ(peek_text(reader), "one");
}

TEST(RingReader, passes_over_discarded_records) {
  FakeRing ring;
  ring.produce("gone", kDiscarded);
  ring.produce("kept");
  RingReader reader(ring.memory());
  EXPECT_EQ(peek_text(reader), "kept");
}

TEST(RingReader, reads_records_over_the_ring_s_end_whole) {
  FakeRing ring;
  ring.consumer = ring.producer = 1000 * FakeRing::kBytes + 48;
  ring.produce("a record of 24 bytes....");
  RingReader reader(ring.memory());
  EXPECT_EQ(peek_text(reader), "a record of 24 bytes....");
}

TEST(RingReader, refuses_lengths_that_lead_out_of_the_ring) {
  for (const std::uint32_t length : {17u, 64u, 65u, 0x3fffffffu}) {
    FakeRing ring;
    const auto at = ring.produce("0123456789abcdef");
    ring.write_header(at, length);
    RingReader reader(ring.memory());
    const auto record = reader.peek();
    ASSERT_FALSE(record) << length;
    EXPECT_EQ(record.error().code(), ErrorCode::corrupt);
  }
}

TEST(RingReader, refuses_positions_that_cannot_be) {
  FakeRing ring;
  ring.producer = FakeRing::kBytes + 8;
  RingReader ahead(ring.memory());
  EXPECT_FALSE(ahead.peek());
  ring.consumer = 16;
  ring.producer = 8;
  RingReader behind(ring.memory());
  EXPECT_FALSE(behind.peek());
}

}  // namespace
}  // namespace foreshock::agent

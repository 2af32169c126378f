#include "common/wire/codec.h"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "common/wire/zstd_frame.h"
#include "tests/unit/common/wire/sample_values.h"

namespace foreshock {
namespace {

constexpr std::uint32_t kSeeds = 200;

template <typename Message>
void expect_same(const Message& message) {
  const auto decoded = [&] {
    if constexpr (std::is_constructible_v<AgentMessage, Message>) {
      return decode_agent_message(encode_message(AgentMessage(message)));
    } else {
      return decode_coordinator_message(encode_message(CoordinatorMessage(message)));
    }
  }();
  ASSERT_TRUE(decoded) << decoded.error().message();
  ASSERT_TRUE(std::holds_alternative<Message>(*decoded));
  EXPECT_EQ(std::get<Message>(*decoded), message);
}

TEST(ReportCodec, keeps_every_field_and_every_absence) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    const Report report = SampleValues(seed).report();
    const auto decoded = decode_report(encode_report(report));
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decoded, report) << "seed " << seed;
  }
}

TEST(ReportCodec, keeps_an_empty_report) {
  const auto decoded = decode_report(encode_report({}));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, Report{});
}

TEST(ReportCodec, keeps_words_with_nul_and_the_extremes_of_numbers) {
  Report report;
  Execution execution;
  execution.argv = make_argv({"a", "", std::string(4000, 'b')});
  execution.facts.identity = {
      .uid = 4294967295U, .gid = 4294967294U, .login_uid = 0, .session_id = 4294967294U};
  execution.facts.cgroup_id = ~std::uint64_t{0};
  report.executions = {execution};
  report.losses = {{.hop = Hop::spool, .count = ~std::uint64_t{0}}};
  EXPECT_EQ(*decode_report(encode_report(report)), report);
}

TEST(ReportCodec, says_a_repeated_word_once) {
  Report report;
  Execution execution;
  execution.cgroup = std::string(300, 'c');
  report.executions.assign(1, execution);
  const auto one = decompress(encode_report(report), kMaxReportBytes)->size();
  report.executions.assign(101, execution);
  const auto many = decompress(encode_report(report), kMaxReportBytes)->size();
  EXPECT_LT((many - one) / 100, 250U);
}

TEST(ReportCodec, a_clock_that_went_backwards_does_not_make_a_report_unreadable) {
  Report report;
  Execution execution;
  execution.end = ExecutionEnd{};
  execution.end->use.cpu = Nanoseconds(-5);
  report.executions = {execution};
  const auto decoded = decode_report(encode_report(report));
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(decoded->executions[0].end->use.cpu, Nanoseconds(0));
}

std::vector<ByteBuffer> write_in_parts(Report report, ReportWriter& writer) {
  for (const auto& execution : report.executions) writer.add(execution);
  EXPECT_EQ(writer.executions(), report.executions.size());
  report.executions.clear();
  return writer.finish(std::move(report));
}
std::vector<ByteBuffer> write_in_parts(const Report& report) {
  ReportWriter writer;
  return write_in_parts(report, writer);
}

TEST(ReportCodec, shares_a_big_report_out_over_payloads_within_the_bounds) {
  Report report = SampleValues(7).report();
  report.losses = {{.hop = Hop::lifetime, .count = 3}};
  report.outcomes = {SampleValues(8).outcome()};
  report.executions.clear();
  for (std::uint32_t i = 0; i < 3000; ++i) {
    Execution execution;
    execution.facts.process.pid = i;
    execution.argv = make_argv({std::string(16 << 10, 'x')});
    report.executions.push_back(execution);
  }
  const auto parts = write_in_parts(report);
  ASSERT_GT(parts.size(), 1U);
  std::uint32_t next_pid = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = decode_report(parts[i]);
    ASSERT_TRUE(part) << part.error().message();
    EXPECT_EQ(part->host_name, report.host_name);
    EXPECT_EQ(part->period_end, report.period_end);
    EXPECT_EQ(part->samples, i == 0 ? report.samples : ResourceSample{});
    EXPECT_EQ(part->losses.size(), i == 0 ? 1U : 0U);
    EXPECT_EQ(part->outcomes.size(), i == 0 ? 1U : 0U);
    for (const auto& execution : part->executions)
      EXPECT_EQ(execution.facts.process.pid, next_pid++);
  }
  EXPECT_EQ(next_pid, 3000U);
}

TEST(ReportCodec, one_payload_is_the_rule) {
  const Report report = SampleValues(3).report();
  const auto parts = write_in_parts(report);
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(*decode_report(parts[0]), report);
}

TEST(ReportCodec, a_writer_begins_anew_after_each_report) {
  ReportWriter writer;
  Report big = SampleValues(2).report();
  big.executions.resize(1);
  big.executions.resize(9, big.executions[0]);
  for (auto& execution : big.executions) execution.argv.words = std::string(3 << 20, 'x');
  EXPECT_GT(write_in_parts(big, writer).size(), 1U);
  EXPECT_EQ(writer.executions(), 0U);
  for (const std::uint64_t seed : {3, 4}) {
    const Report report = SampleValues(seed).report();
    const auto parts = write_in_parts(report, writer);
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(*decode_report(parts[0]), report);
  }
}

TEST(ReportCodec, refuses_every_cut) {
  const auto bytes = encode_report(SampleValues(1).report());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode_report(ByteView(bytes).first(size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt);
  }
}

TEST(ReportCodec, survives_any_wrong_byte_of_the_report_itself) {
  ByteBuffer bytes = *decompress(encode_report(SampleValues(5).report()), kMaxReportBytes);
  std::size_t refused = 0;
  for (auto& byte : bytes) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      byte ^= static_cast<std::byte>(flip);
      if (const auto decoded = decode_report(compress(bytes)); !decoded) {
        EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt);
        ++refused;
      }
      byte ^= static_cast<std::byte>(flip);
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(ReportCodec, refuses_times_whose_sums_would_overflow) {
  Report report;
  report.period_end = BootTime(Nanoseconds(0x0123456789abcdef));
  ByteBuffer bytes = *decompress(encode_report(report), kMaxReportBytes);
  const std::uint64_t mark = 0x0123456789abcdef;
  const auto needle = std::as_bytes(std::span(&mark, 1));
  const auto at = std::search(bytes.begin(), bytes.end(), needle.begin(), needle.end());
  ASSERT_NE(at, bytes.end());
  const std::uint64_t too_late = std::uint64_t{1} << 62;
  std::memcpy(&*at, &too_late, sizeof too_late);
  const auto decoded = decode_report(compress(bytes));
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().message().find("time out of range"), std::string::npos);
}

TEST(ReportCodec, refuses_a_small_report_that_unfolds_to_a_huge_one) {
  // One cgroup of a megabyte, shared by so many executions.
  Report report;
  Execution execution;
  execution.cgroup = std::string(1 << 20, 'c');
  report.executions.assign(1000, execution);
  const auto payload = encode_report(report);
  EXPECT_LT(payload.size(), 100'000U);
  const auto decoded = decode_report(payload);
  ASSERT_FALSE(decoded);
  EXPECT_NE(decoded.error().message().find("unfolds"), std::string::npos)
      << decoded.error().message();
}

TEST(ZstdFrame, refuses_what_claims_too_much_hides_its_size_or_is_followed_by_something) {
  const ByteBuffer zeros(1000);
  auto frame = compress(zeros);
  EXPECT_EQ(*decompress(frame, 1000), zeros);
  EXPECT_FALSE(decompress(frame, 999));
  frame.push_back(std::byte{0});
  EXPECT_FALSE(decompress(frame, 1000));
  EXPECT_FALSE(decompress({}, 1000));
  EXPECT_FALSE(decompress(as_bytes("not a frame"), 1000));
  // A frame without a content size, made with `printf abc | zstd -c` (a stream does not know its
  // size).
  const std::string_view stream("\x28\xb5\x2f\xfd\x04\x58\x19\x00\x00\x61\x62\x63\x99\x09\x77\xad",
                                16);
  const auto hidden = decompress(as_bytes(stream), 1000);
  ASSERT_FALSE(hidden);
  EXPECT_NE(hidden.error().message().find("does not say its size"), std::string::npos)
      << hidden.error().message();
}

TEST(MessageCodec, keeps_every_field_of_every_message) {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    SampleValues values(seed);
    expect_same(values.hello());
    expect_same(values.batch());
    expect_same(values.urgent());
    expect_same(values.welcome());
    expect_same(values.ack());
    expect_same(values.command());
    expect_same(values.watch_list());
  }
}

TEST(MessageCodec, each_side_takes_only_what_the_other_sends) {
  const auto from_agent = encode_message(AgentMessage(SampleValues(1).hello()));
  const auto wrong_way = decode_coordinator_message(from_agent);
  ASSERT_FALSE(wrong_way);
  EXPECT_EQ(wrong_way.error().code(), ErrorCode::unsupported);
  const auto from_coordinator = encode_message(CoordinatorMessage(SampleValues(1).ack()));
  EXPECT_EQ(decode_agent_message(from_coordinator).error().code(), ErrorCode::unsupported);
}

TEST(MessageCodec, reads_from_any_address) {
  const auto bytes = encode_message(AgentMessage(SampleValues(2).urgent()));
  for (std::size_t shift = 1; shift < 8; ++shift) {
    ByteBuffer shifted(shift);
    shifted.insert(shifted.end(), bytes.begin(), bytes.end());
    EXPECT_TRUE(decode_agent_message(ByteView(shifted).subspan(shift)));
  }
}

TEST(MessageCodec, refuses_or_survives_every_cut_and_wrong_byte) {
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    SampleValues values(seed);
    for (const AgentMessage& message :
         {AgentMessage(values.hello()), AgentMessage(values.urgent())}) {
      ByteBuffer bytes = encode_message(message);
      for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (const auto decoded = decode_agent_message(ByteView(bytes).first(at))) {
          // Only padding at the end may be missing.
          EXPECT_EQ(*decoded, message);
        }
        bytes[at] ^= std::byte{0x81};
        [[maybe_unused]] const auto decoded = decode_agent_message(bytes);
        bytes[at] ^= std::byte{0x81};
      }
    }
  }
}

TEST(MessageCodec, refuses_a_message_over_the_bound) {
  const Batch batch{.incarnation = {}, .sequence = 1, .payload = ByteBuffer(kMaxMessageBytes)};
  const auto decoded = decode_agent_message(encode_message(AgentMessage(batch)));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt);
}

}  // namespace
}  // namespace foreshock

#include "agent/spool/spool_segment.h"

#include <string>

#include "tests/unit/agent/spool/spool_files.h"

namespace foreshock::agent {
namespace {

const SegmentHeader kHeader{.incarnation = {{0x1111111111111111, 0x2222222222222222}},
                            .first_sequence = 7,
                            .created = wall_time_from_ms(1'700'000'000'000)};

ByteBuffer make_segment(std::uint64_t entries) {
  ByteBuffer file = encode_segment_header(kHeader);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const auto sequence = kHeader.first_sequence + i;
    const ByteBuffer entry = encode_entry(sequence, as_bytes(payload_of(sequence)));
    file.insert(file.end(), entry.begin(), entry.end());
  }
  return file;
}

std::vector<std::uint64_t> sequences_of(const SegmentContents& contents) {
  std::vector<std::uint64_t> sequences;
  for (const auto& entry : contents.entries) sequences.push_back(entry.sequence);
  return sequences;
}

TEST(SpoolSegment, reads_back_header_and_entries) {
  const auto file = make_segment(4);
  const auto contents = scan_segment(file);
  ASSERT_TRUE(contents) << contents.error().message();
  EXPECT_EQ(contents->header, kHeader);
  EXPECT_EQ(sequences_of(*contents), range(7, 10));
  EXPECT_EQ(contents->sound_bytes, file.size());
  EXPECT_EQ(contents->damaged_entries, 0U);
  EXPECT_FALSE(contents->damaged_tail);
}

TEST(SpoolSegment, is_laid_out_as_the_format_page_says) {
  const ByteBuffer entry = encode_entry(1, as_bytes("abc"));
  ASSERT_EQ(entry.size(), 19U);
  EXPECT_EQ(as_text(ByteView(entry).subspan(0, 4)), std::string_view("\3\0\0\0", 4));
  EXPECT_EQ(as_text(ByteView(entry).subspan(8, 8)), std::string_view("\1\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(as_text(ByteView(entry).subspan(16)), "abc");
  // zlib.crc32 of the bytes 03000000 0100000000000000 616263
  EXPECT_EQ(as_text(ByteView(entry).subspan(4, 4)), "\x8e\x2e\x45\xcd");
}

TEST(SpoolSegment, cut_anywhere_gives_the_entries_that_are_whole) {
  const auto file = make_segment(6);
  const auto whole = *scan_segment(file);
  for (std::size_t size = 0; size <= file.size(); ++size) {
    const auto contents = scan_segment(ByteView(file).first(size));
    ASSERT_EQ(contents.has_value(), size >= kSegmentHeaderBytes) << size;
    if (!contents) {
      EXPECT_EQ(contents.error().code(), ErrorCode::corrupt);
      continue;
    }
    const auto complete = std::ranges::count_if(
        whole.entries, [&](const auto& entry) { return entry.end() <= size; });
    EXPECT_EQ(contents->entries.size(), static_cast<std::size_t>(complete)) << size;
    EXPECT_EQ(contents->damaged_entries, 0U);
    EXPECT_FALSE(contents->damaged_tail) << size;
  }
}

TEST(SpoolSegment, one_wrong_byte_costs_at_most_its_own_entry) {
  const auto file = make_segment(6);
  const auto whole = *scan_segment(file);
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      ByteBuffer damaged = file;
      damaged[at] ^= static_cast<std::byte>(flip);
      const auto contents = scan_segment(damaged);
      ASSERT_EQ(contents.has_value(), at >= kSegmentHeaderBytes) << at;
      if (!contents) continue;
      std::vector<std::uint64_t> expected;
      for (const auto& entry : whole.entries) {
        if (at < entry.offset || at >= entry.end()) expected.push_back(entry.sequence);
      }
      EXPECT_EQ(sequences_of(*contents), expected) << at;
      const bool in_last = at >= whole.entries.back().offset;
      EXPECT_EQ(contents->damaged_entries, in_last ? 0U : 1U) << at;
    }
  }
}

TEST(SpoolSegment, zeros_behind_the_entries_are_no_entries) {
  auto file = make_segment(2);
  const std::size_t sound = file.size();
  file.resize(file.size() + 4096);
  const auto contents = scan_segment(file);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->entries.size(), 2U);
  EXPECT_EQ(contents->sound_bytes, sound);
}

TEST(SpoolSegment, a_newer_version_is_unsupported_not_corrupt) {
  auto file = make_segment(1);
  file[8] = std::byte{2};
  // zlib.crc32 of the header with that version
  const std::string_view checksum = "\xd5\x5a\xe8\x26";
  std::ranges::copy(as_bytes(checksum), file.begin() + 12);
  const auto contents = scan_segment(file);
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().code(), ErrorCode::unsupported);
  EXPECT_NE(contents.error().message().find("version 2"), std::string::npos);
}

}  // namespace
}  // namespace foreshock::agent

#include "agent/spool/spool_segment.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>

#include <fmt/format.h>
#include <zlib.h>

namespace foreshock::agent {

namespace {

constexpr std::array<char, 8> kMagic = {'F', 'S', 'S', 'P', 'O', 'O', 'L', '\n'};
constexpr std::uint32_t kFormatVersion = 1;

// Offsets in the header; the checksum covers all but itself.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kHeaderChecksumAt = 12;
constexpr std::size_t kIncarnationAt = 16;
constexpr std::size_t kFirstSequenceAt = 32;
constexpr std::size_t kCreatedAt = 40;

// Offsets in an entry; the checksum covers all but itself.
constexpr std::size_t kLengthAt = 0;
constexpr std::size_t kEntryChecksumAt = 4;
constexpr std::size_t kSequenceAt = 8;

static_assert(kCreatedAt + sizeof(std::int64_t) == kSegmentHeaderBytes);
static_assert(kSequenceAt + sizeof(std::uint64_t) == kEntryHeaderBytes);

// Little-endian on every machine, byte by byte: compilers turn it into one move.
template <std::unsigned_integral T>
void put(ByteBuffer& bytes, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i)
    bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

template <std::unsigned_integral T>
T get(ByteView bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(bytes[at + i]) << (8 * i)));
  }
  return value;
}

std::uint32_t crc_of(ByteView before, ByteView after) {
  const auto update = [](uLong crc, ByteView bytes) {
    return ::crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  };
  return static_cast<std::uint32_t>(update(update(0, before), after));
}

std::uint32_t header_checksum(ByteView header) {
  return crc_of(header.first(kHeaderChecksumAt),
                header.subspan(kIncarnationAt, kSegmentHeaderBytes - kIncarnationAt));
}

std::uint32_t entry_checksum(ByteView entry) {
  return crc_of(entry.first(kEntryChecksumAt), entry.subspan(kSequenceAt));
}

/// Size of the entry that seems to start here, when it is possible at all.
std::optional<std::size_t> plausible_payload_size(ByteView bytes) {
  if (bytes.size() < kEntryHeaderBytes) return std::nullopt;
  const std::size_t size = get<std::uint32_t>(bytes, kLengthAt);
  if (size == 0 || size > kMaxPayloadBytes || size > bytes.size() - kEntryHeaderBytes)
    return std::nullopt;
  return size;
}

/// Reads entries one behind the other, and looks for the next sound one where one is damaged.
class Scan {
 public:
  Scan(ByteView file, const SegmentHeader& header) : file_(file), effort_(8 * file.size()) {
    contents_.header = header;
    contents_.sound_bytes = kSegmentHeaderBytes;
  }

  SegmentContents run() {
    std::uint64_t next_sequence = contents_.header.first_sequence;
    while (contents_.sound_bytes < file_.size()) {
      auto entry = sound_entry_at(contents_.sound_bytes, next_sequence, next_sequence);
      if (!entry) entry = find_entry_behind_damage(next_sequence);
      if (!entry) break;
      contents_.damaged_entries += entry->sequence - next_sequence;
      contents_.sound_bytes = entry->end();
      contents_.entries.push_back(*entry);
      next_sequence = entry->sequence + 1;
    }
    contents_.damaged_tail =
        plausible_payload_size(file_.subspan(contents_.sound_bytes)).has_value();
    return std::move(contents_);
  }

 private:
  std::optional<EntryPosition> sound_entry_at(std::size_t offset, std::uint64_t least,
                                              std::uint64_t most) {
    const ByteView rest = file_.subspan(offset);
    const auto size = plausible_payload_size(rest);
    if (!size) return std::nullopt;
    const auto sequence = get<std::uint64_t>(rest, kSequenceAt);
    if (sequence < least || sequence > most) return std::nullopt;
    // A file made to look like entries at each offset must not cost its square.
    if (*size > effort_) return std::nullopt;
    effort_ -= *size;
    if (!parse_entry(rest, sequence)) return std::nullopt;
    return EntryPosition{.sequence = sequence, .offset = offset, .payload_size = *size};
  }

  std::optional<EntryPosition> find_entry_behind_damage(std::uint64_t expected) {
    for (std::size_t offset = contents_.sound_bytes + 1; offset < file_.size(); ++offset) {
      // So many entries can lie in between, and no more; one is damaged for certain.
      const std::uint64_t skipped = (offset - contents_.sound_bytes) / (kEntryHeaderBytes + 1);
      if (skipped == 0) continue;
      if (auto entry = sound_entry_at(offset, expected + 1, expected + skipped)) return entry;
    }
    return std::nullopt;
  }

  const ByteView file_;
  std::size_t effort_;  // bytes that may still be checksummed
  SegmentContents contents_;
};

}  // namespace

ByteBuffer encode_segment_header(const SegmentHeader& header) {
  ByteBuffer bytes(kSegmentHeaderBytes);
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  put(bytes, kVersionAt, kFormatVersion);
  put(bytes, kIncarnationAt, header.incarnation.value.high);
  put(bytes, kIncarnationAt + 8, header.incarnation.value.low);
  put(bytes, kFirstSequenceAt, header.first_sequence);
  put(bytes, kCreatedAt, static_cast<std::uint64_t>(to_ns(header.created)));
  put(bytes, kHeaderChecksumAt, header_checksum(bytes));
  return bytes;
}

Result<SegmentHeader> parse_segment_header(ByteView file) {
  if (file.size() < kSegmentHeaderBytes)
    return Error(ErrorCode::corrupt, "spool segment: header cut short");
  const ByteView header = file.first(kSegmentHeaderBytes);
  if (std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0) {
    return Error(ErrorCode::corrupt, "spool segment: not a spool file");
  }
  if (get<std::uint32_t>(header, kHeaderChecksumAt) != header_checksum(header)) {
    return Error(ErrorCode::corrupt, "spool segment: header damaged");
  }
  const auto version = get<std::uint32_t>(header, kVersionAt);
  if (version != kFormatVersion) {
    return Error(
        ErrorCode::unsupported,
        fmt::format("spool segment: version {}, this program knows {}", version, kFormatVersion));
  }
  SegmentHeader result;
  result.incarnation.value.high = get<std::uint64_t>(header, kIncarnationAt);
  result.incarnation.value.low = get<std::uint64_t>(header, kIncarnationAt + 8);
  result.first_sequence = get<std::uint64_t>(header, kFirstSequenceAt);
  result.created =
      wall_time_from_ns(static_cast<std::int64_t>(get<std::uint64_t>(header, kCreatedAt)));
  return result;
}

ByteBuffer encode_entry(std::uint64_t sequence, ByteView payload) {
  ByteBuffer bytes(kEntryHeaderBytes + payload.size());
  put(bytes, kLengthAt, static_cast<std::uint32_t>(payload.size()));
  put(bytes, kSequenceAt, sequence);
  std::ranges::copy(payload, bytes.begin() + kEntryHeaderBytes);
  put(bytes, kEntryChecksumAt, entry_checksum(bytes));
  return bytes;
}

std::optional<ByteView> parse_entry(ByteView bytes, std::uint64_t sequence) {
  const auto size = plausible_payload_size(bytes);
  if (!size) return std::nullopt;
  const ByteView entry = bytes.first(kEntryHeaderBytes + *size);
  if (get<std::uint64_t>(entry, kSequenceAt) != sequence) return std::nullopt;
  if (get<std::uint32_t>(entry, kEntryChecksumAt) != entry_checksum(entry)) return std::nullopt;
  return entry.subspan(kEntryHeaderBytes);
}

Result<SegmentContents> scan_segment(ByteView file) {
  FS_TRY(const SegmentHeader header, parse_segment_header(file));
  return Scan(file, header).run();
}

}  // namespace foreshock::agent

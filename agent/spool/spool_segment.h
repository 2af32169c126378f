#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/result.h"

namespace foreshock::agent {

// The bytes of a spool file, see FORMAT.md. Pure.

inline constexpr std::size_t kSegmentHeaderBytes = 48;
inline constexpr std::size_t kEntryHeaderBytes = 16;
/// A payload is at least one byte, so that a run of zeros is never an entry.
inline constexpr std::size_t kMaxPayloadBytes = std::size_t{16} << 20;

struct SegmentHeader {
  Incarnation incarnation;
  std::uint64_t first_sequence =
      0;  ///< of the entry that comes first, whether or not it was ever written
  WallTime created;
  bool operator==(const SegmentHeader&) const = default;
};

/// Where a sound entry lies in its file.
struct EntryPosition {
  std::uint64_t sequence = 0;
  std::size_t offset = 0;  ///< of its header
  std::size_t payload_size = 0;

  std::size_t end() const { return offset + kEntryHeaderBytes + payload_size; }
};

struct SegmentContents {
  SegmentHeader header;
  std::vector<EntryPosition> entries;  ///< ascending sequences; a hole is a damaged entry
  std::uint64_t damaged_entries = 0;   ///< holes before the last sound entry
  std::size_t sound_bytes = 0;         ///< end of the last sound entry
  bool damaged_tail = false;  ///< a whole entry lies behind sound_bytes, and its bytes are wrong
};

ByteBuffer encode_segment_header(const SegmentHeader& header);
/// `corrupt` when it is damaged or too short, `unsupported` when a newer version wrote it.
Result<SegmentHeader> parse_segment_header(ByteView file);

ByteBuffer encode_entry(std::uint64_t sequence, ByteView payload);
/// The payload of the entry at the start of `bytes`, whose sequence must be this one; absent when
/// it is damaged.
std::optional<ByteView> parse_entry(ByteView bytes, std::uint64_t sequence);

/// Finds all sound entries of a file, also those behind damaged ones. Fails as parse_segment_header
/// does.
Result<SegmentContents> scan_segment(ByteView file);

}  // namespace foreshock::agent

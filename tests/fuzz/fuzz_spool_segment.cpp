#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/spool/spool_segment.h"
#include "common/base/assert.h"

/// Any bytes as a spool file. What is found must be inside it, in order, and sound.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foreshock::agent;
  const auto file = std::as_bytes(std::span(data, size));
  const auto contents = scan_segment(file);
  if (!contents) return 0;
  std::uint64_t next = contents->header.first_sequence;
  std::size_t end = kSegmentHeaderBytes;
  std::uint64_t holes = 0;
  for (const auto& entry : contents->entries) {
    FS_ASSERT(entry.sequence >= next && entry.offset >= end && entry.end() <= size);
    FS_ASSERT(parse_entry(file.subspan(entry.offset), entry.sequence));
    holes += entry.sequence - next;
    next = entry.sequence + 1;
    end = entry.end();
  }
  FS_ASSERT(contents->sound_bytes == end && contents->damaged_entries == holes);
  return 0;
}

#pragma once

#include <cstdint>
#include <optional>

#include "common/base/bytes.h"
#include "common/base/ids.h"
#include "common/base/result.h"

namespace foreshock::agent {

struct SpoolEntry {
  std::uint64_t sequence = 0;
  ByteBuffer payload;
};

struct SpoolStats {
  std::uint64_t bytes = 0;    ///< on disk now
  std::uint64_t entries = 0;  ///< kept now, not released
  std::uint64_t last_sequence = 0;
  std::uint64_t dropped_entries =
      0;  ///< given up for the size or age cap since the spool was opened
  std::uint64_t corrupt_entries = 0;  ///< found damaged when the spool was opened
};

/// Keeps encoded reports until the coordinator has committed them. One thread.
class Spool {
 public:
  virtual ~Spool() = default;
  virtual Incarnation incarnation() const = 0;
  /// Durable when it returns. Sequences start at 1 and grow by one.
  virtual Result<std::uint64_t> append(ByteView payload) = 0;
  /// The first entry with a sequence above `sequence`.
  virtual Result<std::optional<SpoolEntry>> next_after(std::uint64_t sequence) = 0;
  /// Entries up to and including `sequence` are not needed any more.
  virtual Result<void> release_through(std::uint64_t sequence) = 0;
  virtual SpoolStats stats() const = 0;
};

}  // namespace foreshock::agent

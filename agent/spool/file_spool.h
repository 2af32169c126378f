#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/spool/spool.h"
#include "agent/spool/spool_segment.h"
#include "common/base/clock.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// The spool on disk: segment files in a directory of its own (FORMAT.md). Survives kill -9 and
/// power loss.
class FileSpool final : public Spool {
 public:
  struct Options {
    std::uint64_t max_bytes = std::uint64_t{512} << 20;
    std::chrono::nanoseconds max_age = std::chrono::hours(24 * 7);
    /// A segment is the unit of dropping, releasing and of what is sent again after a restart.
    std::uint64_t segment_bytes = std::uint64_t{2} << 20;
  };
  /// Makes the directory where it is missing. A directory that cannot be written is
  /// `permission_denied`, one that another process has open `conflict`, one that a newer version
  /// wrote `unsupported`. `clock` outlives the spool.
  static Result<std::unique_ptr<FileSpool>> open(const std::string& directory,
                                                 const Options& options, const Clock& clock);
  ~FileSpool() override;

  Incarnation incarnation() const override { return incarnation_; }
  /// A payload has 1 to kMaxPayloadBytes bytes. A full disk is `exhausted`; after any error nothing
  /// was kept and the next append may work.
  Result<std::uint64_t> append(ByteView payload) override;
  Result<std::optional<SpoolEntry>> next_after(std::uint64_t sequence) override;
  Result<void> release_through(std::uint64_t sequence) override;
  SpoolStats stats() const override;

 private:
  /// What is remembered of each file: enough to count, to find and to drop.
  struct Segment {
    std::string name;
    WallTime created;
    std::uint64_t first_sequence = 0;
    std::uint64_t end_sequence =
        0;  ///< one above the last entry; equal to first when there is none
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;
  };
  /// The segment that next_after reads from, so that its file is scanned once.
  struct Cursor {
    std::uint64_t first_sequence = 0;
    UniqueFd file;
    std::vector<EntryPosition> entries;
  };

  /// What follows the last sound entry of a file.
  struct Tail {
    std::string name;
    std::uint64_t sound_bytes = 0;
  };

  FileSpool(std::string directory, UniqueFd directory_fd, const Options& options,
            const Clock& clock);

  Result<void> load();
  Result<void> load_segment(const std::string& name, std::vector<Tail>& tails);
  Result<void> cut(const Tail& tail);
  Result<void> remove_file(const std::string& name);
  Result<void> remove_segment(std::deque<Segment>::iterator segment);
  Result<void> start_segment();
  Result<void> write_entry(std::uint64_t sequence, ByteView payload);
  Result<void> make_room(std::uint64_t new_bytes);
  Result<void> drop_released();
  Result<void> forget_damaged(std::uint64_t first_sequence);
  Result<void> point_cursor_at(const Segment& segment);
  /// Absent when the bytes are not what they were.
  Result<std::optional<ByteBuffer>> read_payload(const EntryPosition& position);
  std::uint64_t unreleased_in(const Segment& segment) const;
  bool must_start_segment(std::size_t payload_size) const;
  std::string path_of(const std::string& name) const { return directory_ + "/" + name; }

  const std::string directory_;
  const UniqueFd directory_fd_;  // holds the lock
  const Options options_;
  const Clock& clock_;
  Incarnation incarnation_;
  std::deque<Segment> segments_;  // oldest first
  UniqueFd active_;               // the newest segment's file while this process may append to it
  Cursor cursor_;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t released_through_ = 0;
  std::uint64_t dropped_entries_ = 0;
  std::uint64_t corrupt_entries_ = 0;
};

}  // namespace foreshock::agent

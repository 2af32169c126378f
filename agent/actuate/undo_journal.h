#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// Remembers, on disk and before the write, what each knob was before we first touched it, and the
/// highest epoch obeyed. Format: JOURNAL.md. One thread.
class UndoJournal {
 public:
  struct Entry {
    CgroupTarget target;
    Knob knob = Knob::unknown;
    KnobValue original;
    KnobValue last_written;
    bool operator==(const Entry&) const = default;
  };

  /// Reads what is there and writes it anew, without what was forgotten. A line that is torn (crash
  /// in mid-write) or damaged is left out and counted. Entries of another boot are left out: their
  /// cgroups went with it, and their ids may name other cgroups now. The epoch stays.
  static Result<std::unique_ptr<UndoJournal>> open(const std::string& path, BootId boot);
  ~UndoJournal();

  /// Durable when it returns; keeps the first original of a (target, knob). After an error nothing
  /// changed; `exhausted` when there are too many entries.
  Result<void> record(const CgroupTarget& target, Knob knob, KnobValue original, KnobValue next);
  Result<void> forget(const CgroupTarget& target, Knob knob);
  std::optional<Entry> find(const CgroupTarget& target, Knob knob) const;
  /// Parents before their children.
  std::vector<Entry> entries() const;

  std::uint64_t highest_epoch() const;
  /// A lower epoch than the highest changes nothing.
  Result<void> record_epoch(std::uint64_t epoch);

  /// Lines that open() could not understand.
  std::size_t damaged_lines() const;

 private:
  struct Impl;
  explicit UndoJournal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock::agent

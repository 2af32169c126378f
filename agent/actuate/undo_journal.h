#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// Remembers, on disk and before the write, what each knob was before we first touched it, and the highest
/// epoch obeyed. A torn last line (crash in mid-write) is ignored. One thread.
class UndoJournal {
 public:
  struct Entry {
    CgroupTarget target;
    Knob knob = Knob::unknown;
    KnobValue original;
    KnobValue last_written;
  };

  static Result<std::unique_ptr<UndoJournal>> open(const std::string& path);
  ~UndoJournal();

  /// Durable when it returns; keeps the first original of a (target, knob).
  Result<void> record(const CgroupTarget& target, Knob knob, KnobValue original, KnobValue next);
  Result<void> forget(const CgroupTarget& target, Knob knob);
  std::optional<Entry> find(const CgroupTarget& target, Knob knob) const;
  std::vector<Entry> entries() const;

  std::uint64_t highest_epoch() const;
  Result<void> record_epoch(std::uint64_t epoch);

 private:
  struct Impl;
  explicit UndoJournal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock::agent

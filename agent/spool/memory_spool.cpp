#include "agent/spool/memory_spool.h"

namespace foreshock::agent {

Result<std::uint64_t> MemorySpool::append(ByteView payload) {
  if (!entries_.empty() && entries_.size() >= max_entries_) {
    entries_.erase(entries_.begin());
    ++dropped_entries_;
  }
  entries_.emplace(++last_sequence_, ByteBuffer(payload.begin(), payload.end()));
  return last_sequence_;
}

Result<std::optional<SpoolEntry>> MemorySpool::next_after(std::uint64_t sequence) {
  const auto entry = entries_.upper_bound(sequence);
  if (entry == entries_.end()) return std::optional<SpoolEntry>();
  return std::optional(SpoolEntry{.sequence = entry->first, .payload = entry->second});
}

Result<void> MemorySpool::release_through(std::uint64_t sequence) {
  entries_.erase(entries_.begin(), entries_.upper_bound(sequence));
  return {};
}

SpoolStats MemorySpool::stats() const {
  SpoolStats stats{.entries = entries_.size(),
                   .last_sequence = last_sequence_,
                   .dropped_entries = dropped_entries_};
  for (const auto& [sequence, payload] : entries_) stats.bytes += payload.size();
  return stats;
}

}  // namespace foreshock::agent

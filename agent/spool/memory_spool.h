#pragma once

#include <map>

#include "agent/spool/spool.h"

namespace foreshock::agent {

/// A spool that forgets all when it ends: for tests. Drops its oldest entry when it holds
/// `max_entries`.
class MemorySpool final : public Spool {
 public:
  explicit MemorySpool(std::size_t max_entries = static_cast<std::size_t>(-1))
      : incarnation_{make_random_id128()}, max_entries_(max_entries) {}

  Incarnation incarnation() const override { return incarnation_; }
  Result<std::uint64_t> append(ByteView payload) override;
  Result<std::optional<SpoolEntry>> next_after(std::uint64_t sequence) override;
  Result<void> release_through(std::uint64_t sequence) override;
  SpoolStats stats() const override;

 private:
  const Incarnation incarnation_;
  const std::size_t max_entries_;
  std::map<std::uint64_t, ByteBuffer> entries_;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t dropped_entries_ = 0;
};

}  // namespace foreshock::agent

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>

#include "agent/spool/spool.h"
#include "agent/uplink/uplink.h"
#include "common/base/clock.h"

namespace foreshock::agent {

/// Moves batches from the spool to the uplink, a window at a time, again when no ack came, and
/// releases the spool as acks come in, in whatever order: a batch is released when all before it
/// are. Batches that the spool gave up meanwhile are passed over. Pure apart from its two seams
/// (both outlive it); one thread.
class Delivery {
 public:
  struct Options {
    std::size_t window = 32;  ///< batches under way
    std::chrono::nanoseconds resend_after = std::chrono::seconds(5);
  };
  Delivery(Spool& spool, Uplink& uplink, Options options);

  /// Sends what may be sent now: what is overdue, then what is new.
  Result<void> pump(BootTime now);
  /// Acks of another incarnation, and of batches that are not under way, change nothing.
  Result<void> on_ack(const Ack& ack);
  /// After a new handshake: everything unacked is sent again at once.
  void on_connected();

  std::uint64_t acked_batches() const { return acked_batches_; }
  std::uint64_t resent_batches() const { return resent_batches_; }

 private:
  struct InFlight {
    BootTime sent;
    bool due = false;  ///< send again whatever the time
  };

  bool try_send(SpoolEntry entry);
  /// False when the uplink takes no more.
  Result<bool> resend_overdue(BootTime now);
  Result<void> send_new(BootTime now);
  Result<void> release();

  Spool& spool_;
  Uplink& uplink_;
  const Options options_;
  std::uint64_t sent_through_ = 0;
  std::map<std::uint64_t, InFlight> in_flight_;  ///< what was sent and not yet acked, by sequence
  std::uint64_t acked_batches_ = 0;
  std::uint64_t resent_batches_ = 0;
};

}  // namespace foreshock::agent

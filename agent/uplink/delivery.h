#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>

#include "agent/spool/spool.h"
#include "agent/uplink/uplink.h"
#include "common/base/clock.h"

namespace foreshock::agent {

/// Moves batches from the spool to the uplink, a window at a time, again when no ack came, and releases
/// the spool as acks come in. Pure apart from its two seams; one thread.
class Delivery {
 public:
  struct Options {
    std::size_t window = 32;                             ///< batches under way
    std::chrono::nanoseconds resend_after = std::chrono::seconds(5);
  };
  Delivery(Spool& spool, Uplink& uplink, Options options);

  /// Sends what may be sent now.
  Result<void> pump(BootTime now);
  Result<void> on_ack(const Ack& ack);
  /// After a new handshake: everything unacked is sent again at once.
  void on_connected();

  std::uint64_t acked_batches() const { return acked_batches_; }
  std::uint64_t resent_batches() const { return resent_batches_; }

 private:
  Spool& spool_;
  Uplink& uplink_;
  const Options options_;
  std::uint64_t sent_through_ = 0;
  std::uint64_t released_through_ = 0;
  std::map<std::uint64_t, BootTime> in_flight_;
  std::set<std::uint64_t> acked_;
  std::uint64_t acked_batches_ = 0;
  std::uint64_t resent_batches_ = 0;
};

}  // namespace foreshock::agent

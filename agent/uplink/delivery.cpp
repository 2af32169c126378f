#include "agent/uplink/delivery.h"

#include <algorithm>
#include <utility>

namespace foreshock::agent {

Delivery::Delivery(Spool& spool, Uplink& uplink, Options options)
    : spool_(spool), uplink_(uplink), options_(options) {}

Result<void> Delivery::pump(BootTime now) {
  FS_TRY(const bool more, resend_overdue(now));
  if (more) FS_CHECK(send_new(now));
  return release();
}

bool Delivery::try_send(SpoolEntry entry) {
  return uplink_.try_send(Batch{.incarnation = spool_.incarnation(),
                                .sequence = entry.sequence,
                                .payload = std::move(entry.payload)});
}

Result<bool> Delivery::resend_overdue(BootTime now) {
  for (auto batch = in_flight_.begin(); batch != in_flight_.end();) {
    auto& [sequence, flight] = *batch;
    if (!flight.due && now - flight.sent < options_.resend_after) {
      ++batch;
      continue;
    }
    FS_TRY(auto entry, spool_.next_after(sequence - 1));
    if (!entry || entry->sequence != sequence) {
      batch = in_flight_.erase(batch);  // the spool gave it up
      continue;
    }
    if (!try_send(*std::move(entry))) return false;
    flight = {.sent = now, .due = false};
    ++resent_batches_;
    ++batch;
  }
  return true;
}

Result<void> Delivery::send_new(BootTime now) {
  while (in_flight_.size() < options_.window) {
    FS_TRY(auto entry, spool_.next_after(sent_through_));
    if (!entry) return {};
    const std::uint64_t sequence = entry->sequence;
    if (!try_send(*std::move(entry))) return {};
    in_flight_.emplace(sequence, InFlight{.sent = now});
    sent_through_ = sequence;
  }
  return {};
}

Result<void> Delivery::on_ack(const Ack& ack) {
  if (ack.incarnation != spool_.incarnation()) return {};
  for (const auto sequence : ack.sequences) acked_batches_ += in_flight_.erase(sequence);
  return release();
}

// Batches leave in the order of their sequences, so whatever was sent and is not under way any more
// is done.
Result<void> Delivery::release() {
  const std::uint64_t done = in_flight_.empty() ? sent_through_ : in_flight_.begin()->first - 1;
  return done == 0 ? Result<void>() : spool_.release_through(done);
}

void Delivery::on_connected() {
  for (auto& [sequence, flight] : in_flight_) flight.due = true;
}

}  // namespace foreshock::agent

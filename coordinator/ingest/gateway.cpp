#include "coordinator/ingest/gateway.h"

#include <utility>

#include "common/wire/codec.h"

namespace foreshock::coordinator {

namespace {

/// Messages read before the outbox and new handshakes have their turn.
constexpr int kMessagesPerTurn = 256;
constexpr int kIdleTurnMs = 1000;

}  // namespace

Gateway::Gateway(std::unique_ptr<RouterSocket> router, AgentDirectory& directory,
                 InboundQueue& inbound, MetricRegistry& metrics, std::uint64_t epoch)
    : router_(std::move(router)),
      endpoint_(router_->endpoint()),
      directory_(directory),
      inbound_(inbound),
      epoch_(epoch),
      received_batches_(
          metrics.counter("foreshock_ingest_batches_total", "Batches handed to the pipeline.")),
      refused_batches_(metrics.counter(
          "foreshock_ingest_refused_batches_total",
          "Batches not taken because the pipeline's queue was full; agents send them again.")),
      urgent_execs_(metrics.counter("foreshock_ingest_urgent_execs_total",
                                    "Urgent copies of watched execs handed to the pipeline.")),
      refused_urgent_execs_(
          metrics.counter("foreshock_ingest_refused_urgent_execs_total",
                          "Urgent copies dropped because the pipeline's queue was full.")),
      malformed_(metrics.counter("foreshock_ingest_malformed_total",
                                 "Messages dropped because they made no sense.")),
      unauthorised_(
          metrics.counter("foreshock_ingest_unauthorised_total",
                          "Messages dropped because their sender's key is not approved.")),
      undelivered_(metrics.counter(
          "foreshock_ingest_undelivered_total",
          "Messages to agents dropped because the agent was not connected or not reading.")) {}

void Gateway::run(std::stop_token stop) {
  const std::stop_callback wake_up(stop, [this] { router_->wake(); });
  while (!stop.stop_requested()) poll_once(kIdleTurnMs);
}

void Gateway::poll_once(int timeout_ms) {
  if (router_->wait(timeout_ms)) {
    for (int i = 0; i < kMessagesPerTurn; ++i) {
      auto received = router_->try_receive();
      if (!received) break;
      handle(*std::move(received));
    }
  }
  send_time();
  send_watch_list();
  send_outbox();
}

void Gateway::handle(RouterSocket::Received&& received) {
  // A connection outlives the decision about its key; so each message is judged.
  if (!directory_.is_approved(received.public_key)) {
    unauthorised_.add();
    routes_.erase(received.public_key);
    router_->dismiss(received.routing_id);
    return;
  }
  auto message = decode_agent_message(received.message);
  if (!message) return reject(received.public_key, message.error());
  directory_.on_message(received.public_key, received.routing_id);
  // Hello is the first on a connection; anything else may still come from one that has been
  // replaced.
  if (std::holds_alternative<Hello>(*message)) {
    routes_[received.public_key] = received.routing_id;
  } else {
    routes_.try_emplace(received.public_key, received.routing_id);
  }
  std::visit([&](auto& body) { on_message(received, std::move(body)); }, *message);
}

void Gateway::on_message(const RouterSocket::Received& received, Hello&& hello) {
  directory_.on_hello(received.public_key, hello.host_name, received.routing_id);
  send(received.public_key, make_welcome());
  if (const auto list = watch_list_.read(); list->version != 0) send(received.public_key, *list);
}

void Gateway::on_message(const RouterSocket::Received& received, Batch&& batch) {
  // Looked at before the work of decoding: only this thread puts in, so there is no less room
  // afterwards.
  if (inbound_.size() >= inbound_.capacity()) return refused_batches_.add();
  auto report = decode_report(batch.payload);
  if (!report) return reject(received.public_key, report.error());
  Inbound inbound = ReceivedBatch{.public_key = received.public_key,
                                  .incarnation = batch.incarnation,
                                  .sequence = batch.sequence,
                                  .report = *std::move(report)};
  (inbound_.try_push(inbound) ? received_batches_ : refused_batches_).add();
}

void Gateway::on_message(const RouterSocket::Received& received, UrgentExec&& urgent) {
  Inbound inbound = UrgentReceived{.public_key = received.public_key, .urgent = std::move(urgent)};
  (inbound_.try_push(inbound) ? urgent_execs_ : refused_urgent_execs_).add();
}

void Gateway::reject(const std::string& public_key, const Error& cause) {
  malformed_.add();
  last_rejected_.publish(
      {.public_key = public_key, .cause = cause.message(), .total = malformed_.value()});
}

bool Gateway::post(Outbound message) {
  if (!outbox_.try_push(message)) return false;
  router_->wake();
  return true;
}

void Gateway::set_watch_list(WatchList list) {
  watch_list_.publish(std::move(list));
  router_->wake();
}

Welcome Gateway::make_welcome() const {
  return {.coordinator_version = FORESHOCK_VERSION, .epoch = epoch_, .time = directory_.now()};
}

void Gateway::tell_time() {
  time_told_.store(false, std::memory_order_release);
  router_->wake();
}

void Gateway::send_time() {
  if (time_told_.exchange(true, std::memory_order_acq_rel)) return;
  std::vector<std::string> keys;
  for (const auto& [key, route] : routes_) keys.push_back(key);
  for (const auto& key : keys) send(key, make_welcome());
}

void Gateway::send_outbox() {
  for (const auto& outbound : outbox_.drain()) send(outbound.public_key, outbound.message);
}

void Gateway::send_watch_list() {
  const auto list = watch_list_.read();
  if (list->version == watch_list_sent_version_) return;
  watch_list_sent_version_ = list->version;
  std::vector<std::string> keys;
  for (const auto& [key, route] : routes_) keys.push_back(key);
  for (const auto& key : keys) send(key, *list);
}

void Gateway::send(const std::string& public_key, const CoordinatorMessage& message) {
  const auto route = routes_.find(public_key);
  if (route == routes_.end() || !directory_.is_approved(public_key)) return undelivered_.add();
  if (router_->try_send(route->second, encode_message(message))) return;
  // Gone, or not reading: its next message says where it is now.
  routes_.erase(route);
  undelivered_.add();
}

}  // namespace foreshock::coordinator

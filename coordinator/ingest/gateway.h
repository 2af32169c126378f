#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/model/message.h"
#include "common/sync/bounded_queue.h"
#include "common/sync/snapshot.h"
#include "common/telemetry/metrics.h"
#include "common/wire/zmq_socket.h"
#include "coordinator/history/history_store.h"
#include "coordinator/ingest/agent_directory.h"

namespace foreshock::coordinator {

/// What ingest hands to the pipeline.
struct UrgentReceived {
  std::string public_key;
  UrgentExec urgent;
};
using Inbound = std::variant<ReceivedBatch, UrgentReceived>;
using InboundQueue = BoundedQueue<Inbound>;

/// A message for one agent, by its key.
struct Outbound {
  std::string public_key;
  CoordinatorMessage message;
};

/// Owns the ROUTER: verifies and decodes what agents send, answers Hello, hands batches to the pipeline
/// (a full queue means no ack: the agent sends again), and sends what the outbox holds. A message of a key
/// that is not (or no longer) approved is dropped and counted. Thread `ingest` calls run(); post() is for any.
class Gateway {
 public:
  Gateway(std::unique_ptr<RouterSocket> router, AgentDirectory& directory, InboundQueue& inbound,
          MetricRegistry& metrics, std::uint64_t epoch);

  void run(std::stop_token stop);
  void poll_once(int timeout_ms);

  /// Queues a message for the agent; false when the outbox is full.
  bool post(Outbound message);
  /// Sent to each agent now and to those that say Hello later.
  void set_watch_list(WatchList list);
  std::string endpoint() const;

 private:
  void handle(RouterSocket::Received&& received);
  void send_outbox();

  std::unique_ptr<RouterSocket> router_;
  AgentDirectory& directory_;
  InboundQueue& inbound_;
  const std::uint64_t epoch_;
  BoundedQueue<Outbound> outbox_{65536};
  Snapshot<WatchList> watch_list_;
  std::uint64_t watch_list_sent_version_ = 0;
  std::map<std::string, std::string> routes_;  ///< public key → routing id of its newest connection
  Counter& received_batches_;
  Counter& refused_batches_;
  Counter& malformed_;
  Counter& unauthorised_;
};

}  // namespace foreshock::coordinator

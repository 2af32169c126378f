#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>

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

/// The newest message that was not understood, and how many there have been: for the log.
struct RejectedMessage {
  std::string public_key;
  std::string cause;
  std::uint64_t total = 0;
};

/// Owns the ROUTER: verifies and decodes what agents send, answers Hello, hands batches to the
/// pipeline (a full queue means no ack: the agent sends again), and sends what the outbox holds. A
/// message of a key that is not (or no longer) approved is dropped and counted, and its sender is
/// sent away. Thread `ingest` calls run() or poll_once(); everything else is for any thread.
/// `directory`, `inbound` and `metrics` outlive the gateway.
class Gateway {
 public:
  Gateway(std::unique_ptr<RouterSocket> router, AgentDirectory& directory, InboundQueue& inbound,
          MetricRegistry& metrics, std::uint64_t epoch);

  void run(std::stop_token stop);
  void poll_once(int timeout_ms);

  /// Queues a message for the agent and wakes the ingest thread; false when the outbox is full. A
  /// message for an agent that is not connected is dropped and counted: acks follow the repeat,
  /// commands are sent again by who wants them.
  bool post(Outbound message);
  /// Sent to each agent now and to those that say Hello later.
  void set_watch_list(WatchList list);
  /// The coordinator's clock was set: connected agents are told what time it is now.
  void tell_time();
  /// Where agents connect.
  const std::string& endpoint() const { return endpoint_; }
  std::shared_ptr<const RejectedMessage> last_rejected() const { return last_rejected_.read(); }

 private:
  void handle(RouterSocket::Received&& received);
  void on_message(const RouterSocket::Received& received, Hello&& hello);
  void on_message(const RouterSocket::Received& received, Batch&& batch);
  void on_message(const RouterSocket::Received& received, UrgentExec&& urgent);
  void reject(const std::string& public_key, const Error& cause);
  Welcome make_welcome() const;
  void send_time();
  void send_outbox();
  void send_watch_list();
  void send(const std::string& public_key, const CoordinatorMessage& message);

  const std::unique_ptr<RouterSocket> router_;
  const std::string endpoint_;
  AgentDirectory& directory_;
  InboundQueue& inbound_;
  const std::uint64_t epoch_;
  BoundedQueue<Outbound> outbox_{65536};
  Snapshot<WatchList> watch_list_;
  Snapshot<RejectedMessage> last_rejected_;
  std::uint64_t watch_list_sent_version_ = 0;
  std::atomic<bool> time_told_{true};
  std::map<std::string, std::string> routes_;  ///< public key → routing id of its connection
  Counter& received_batches_;
  Counter& refused_batches_;
  Counter& urgent_execs_;
  Counter& refused_urgent_execs_;
  Counter& malformed_;
  Counter& unauthorised_;
  Counter& undelivered_;
};

}  // namespace foreshock::coordinator

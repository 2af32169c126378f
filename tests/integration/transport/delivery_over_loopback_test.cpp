#include <algorithm>
#include <memory>
#include <set>
#include <thread>
#include <tuple>

#include <gtest/gtest.h>

#include "agent/spool/file_spool.h"
#include "agent/uplink/delivery.h"
#include "agent/uplink/zmq_uplink.h"
#include "common/sync/named_thread.h"
#include "common/wire/codec.h"
#include "coordinator/ingest/agent_directory.h"
#include "coordinator/ingest/gateway.h"
#include "tests/integration/transport/loopback.h"
#include "tests/support/temp_dir.h"

namespace foreshock {
namespace {

using agent::Delivery;
using agent::FileSpool;
using agent::ZmqUplink;
using coordinator::AgentDirectory;
using coordinator::Enrolment;
using coordinator::Gateway;
using coordinator::InboundQueue;
using coordinator::ReceivedBatch;
using coordinator::UrgentReceived;
using std::chrono::milliseconds;

constexpr std::uint64_t kEpoch = 42;

/// What is durable of a coordinator: batches that were committed, by whose they are.
struct Committed {
  std::set<std::tuple<std::string, Incarnation, std::uint64_t>> batches;
  std::set<std::uint64_t>
      pids;  ///< of the executions in them: each report of these tests has one of its own
  std::uint64_t repeated = 0;
};

/// Ingest with the shortest possible pipeline behind it.
class TestCoordinator {
 public:
  TestCoordinator(const std::string& directory_file, const std::string& endpoint,
                  const CurveKeyPair& keys, Committed& committed, std::size_t queue = 1000)
      : committed_(committed), inbound_(queue) {
    auto directory = AgentDirectory::open(directory_file, clock_);
    EXPECT_TRUE(directory) << (directory ? "" : directory.error().message());
    directory_ = *std::move(directory);
    auto router = RouterSocket::bind({.endpoint = endpoint, .own_keys = keys}, *directory_);
    EXPECT_TRUE(router) << (router ? "" : router.error().message());
    gateway_ =
        std::make_unique<Gateway>(*std::move(router), *directory_, inbound_, metrics_, kEpoch);
  }

  void turn() {
    gateway_->poll_once(5);
    if (commits_) commit();
  }
  void commit() {
    for (auto& inbound : inbound_.drain()) {
      if (const auto* urgent = std::get_if<UrgentReceived>(&inbound)) {
        urgent_.push_back(*urgent);
        continue;
      }
      const auto& batch = std::get<ReceivedBatch>(inbound);
      if (committed_.batches.insert({batch.public_key, batch.incarnation, batch.sequence}).second) {
        for (const auto& execution : batch.report.executions) {
          EXPECT_TRUE(committed_.pids.insert(execution.facts.process.pid).second)
              << "a record twice in history";
        }
      } else {
        ++committed_.repeated;
      }
      if (acknowledges_) {
        EXPECT_TRUE(gateway_->post(
            {.public_key = batch.public_key,
             .message = Ack{.incarnation = batch.incarnation, .sequences = {batch.sequence}}}));
      }
    }
  }
  std::uint64_t metric(std::string_view name) { return metrics_.counter(name, "").value(); }

  Committed& committed_;
  SystemClock clock_;
  MetricRegistry metrics_;
  std::unique_ptr<AgentDirectory> directory_;
  InboundQueue inbound_;
  std::unique_ptr<Gateway> gateway_;
  std::vector<UrgentReceived> urgent_;
  bool commits_ = true;
  bool acknowledges_ = true;
};

/// Spool, delivery and uplink, joined as the agent joins them.
class TestAgent {
 public:
  TestAgent(const std::string& directory, const std::string& endpoint,
            const std::string& server_key, const CurveKeyPair& keys, std::string host_name)
      : host_name_(std::move(host_name)) {
    auto spool = FileSpool::open(directory, {}, clock_);
    EXPECT_TRUE(spool) << (spool ? "" : spool.error().message());
    spool_ = *std::move(spool);
    auto uplink = ZmqUplink::connect(
        {.endpoint = endpoint, .server_public_key = server_key, .own_keys = keys});
    EXPECT_TRUE(uplink) << (uplink ? "" : uplink.error().message());
    uplink_ = *std::move(uplink);
    delivery_ = std::make_unique<Delivery>(
        *spool_, *uplink_, Delivery::Options{.window = 8, .resend_after = milliseconds(300)});
  }

  void report(std::uint32_t pid) {
    Report report;
    report.host_name = host_name_;
    Execution execution;
    execution.facts.process.pid = pid;
    report.executions.push_back(execution);
    ASSERT_TRUE(spool_->append(encode_report(report)));
  }

  void turn() {
    if (uplink_->state() == LinkState::connected && greeted_ != uplink_->connections()) greet();
    while (auto message = uplink_->try_receive()) {
      if (const auto* ack = std::get_if<Ack>(&*message)) {
        EXPECT_TRUE(delivery_->on_ack(*ack));
      }
      if (const auto* welcome = std::get_if<Welcome>(&*message)) welcome_ = *welcome;
      if (const auto* list = std::get_if<WatchList>(&*message)) watch_list_ = *list;
      if (const auto* command = std::get_if<Command>(&*message)) commands_.push_back(*command);
    }
    if (greeted_ == uplink_->connections()) {
      EXPECT_TRUE(delivery_->pump(clock_.boot_now()));
    }
  }
  void greet() {
    const auto connection = uplink_->connections();
    const Hello hello{.host_name = host_name_,
                      .agent_version = "test",
                      .boot_id = {},
                      .incarnation = spool_->incarnation(),
                      .highest_epoch = 0};
    if (!uplink_->try_send(hello)) return;
    greeted_ = connection;
    delivery_->on_connected();
  }

  SystemClock clock_;
  const std::string host_name_;
  std::unique_ptr<FileSpool> spool_;
  std::unique_ptr<ZmqUplink> uplink_;
  std::unique_ptr<Delivery> delivery_;
  std::uint64_t greeted_ = 0;
  std::optional<Welcome> welcome_;
  std::optional<WatchList> watch_list_;
  std::vector<Command> commands_;
};

class DeliveryOverLoopback : public testing::Test {
 protected:
  void start_coordinator(std::size_t queue = 1000) {
    coordinator_ = std::make_unique<TestCoordinator>(directory_ / "agents.json", endpoint_,
                                                     server_keys_, committed_, queue);
    endpoint_ = coordinator_->gateway_->endpoint();
  }
  void start_agent(const std::string& server_key) {
    agent_ = std::make_unique<TestAgent>(directory_ / "spool", endpoint_, server_key, agent_keys_,
                                         "host-a");
  }
  void start_agent() { start_agent(server_keys_.public_key); }
  void start_approved() {
    start_coordinator();
    ASSERT_TRUE(coordinator_->directory_->approve(agent_keys_.public_key));
    start_agent();
    ASSERT_TRUE(until([&] { return agent_->welcome_.has_value(); }));
  }
  void report(std::uint32_t first, std::uint32_t last) {
    for (auto pid = first; pid <= last; ++pid) agent_->report(pid);
  }

  void turn() {
    if (coordinator_) coordinator_->turn();
    if (agent_) agent_->turn();
    if (!coordinator_) std::this_thread::sleep_for(milliseconds(5));
  }
  bool until(const std::function<bool()>& holds) {
    return wait_until(holds, [this] { turn(); });
  }
  bool until_released() {
    return until([&] { return agent_->spool_->stats().entries == 0; });
  }

  const test::TempDir directory_;
  const CurveKeyPair server_keys_ = make_keys();
  const CurveKeyPair agent_keys_ = make_keys();
  std::string endpoint_ = "tcp://127.0.0.1:*";
  Committed committed_;
  std::unique_ptr<TestCoordinator> coordinator_;
  std::unique_ptr<TestAgent> agent_;
};

TEST_F(DeliveryOverLoopback,
       an_agent_is_pending_until_a_person_approves_and_then_delivers_by_itself) {
  start_coordinator();
  start_agent();
  report(1, 20);
  ASSERT_TRUE(until([&] { return agent_->uplink_->state() == LinkState::not_enrolled; }));
  const auto rows = coordinator_->directory_->list();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].public_key, agent_keys_.public_key);
  EXPECT_EQ(rows[0].enrolment, Enrolment::pending);
  EXPECT_EQ(rows[0].address, "127.0.0.1");
  EXPECT_TRUE(committed_.batches.empty());

  ASSERT_TRUE(coordinator_->directory_->approve(agent_keys_.public_key.substr(0, 8)));
  ASSERT_TRUE(until_released());
  EXPECT_EQ(committed_.pids.size(), 20U);
  EXPECT_EQ(agent_->uplink_->state(), LinkState::connected);
  EXPECT_EQ(agent_->welcome_->epoch, kEpoch);
  EXPECT_EQ(agent_->delivery_->acked_batches(), 20U);
  EXPECT_EQ(coordinator_->directory_->list()[0].host_name, "host-a");
}

TEST_F(DeliveryOverLoopback, revoking_cuts_at_once_and_approving_again_loses_nothing) {
  start_approved();
  report(1, 5);
  ASSERT_TRUE(until_released());
  ASSERT_TRUE(coordinator_->directory_->revoke("host-a"));
  report(6, 10);
  ASSERT_TRUE(until([&] { return agent_->uplink_->state() == LinkState::not_enrolled; }));
  EXPECT_EQ(committed_.pids.size(), 5U);
  EXPECT_GE(coordinator_->metric("foreshock_ingest_unauthorised_total"), 1U);
  EXPECT_EQ(agent_->spool_->stats().entries, 5U);

  ASSERT_TRUE(coordinator_->directory_->approve("host-a"));
  ASSERT_TRUE(until_released());
  EXPECT_EQ(committed_.pids.size(), 10U);
}

TEST_F(DeliveryOverLoopback, nothing_is_sent_to_a_revoked_agent) {
  start_approved();
  ASSERT_TRUE(coordinator_->directory_->revoke(agent_keys_.public_key));
  Command command;
  command.body = Restoration{};
  ASSERT_TRUE(
      coordinator_->gateway_->post({.public_key = agent_keys_.public_key, .message = command}));
  ASSERT_TRUE(
      until([&] { return coordinator_->metric("foreshock_ingest_undelivered_total") == 1; }));
  EXPECT_TRUE(agent_->commands_.empty());
}

TEST_F(DeliveryOverLoopback, a_wrong_coordinator_key_is_a_failed_handshake) {
  start_coordinator();
  ASSERT_TRUE(coordinator_->directory_->approve(agent_keys_.public_key));
  start_agent(make_keys().public_key);
  report(1, 1);
  ASSERT_TRUE(until([&] { return agent_->uplink_->state() == LinkState::handshake_failed; }));
  EXPECT_EQ(agent_->spool_->stats().entries, 1U);
}

TEST_F(DeliveryOverLoopback, everything_arrives_once_when_the_coordinator_restarts_in_mid_stream) {
  start_approved();
  report(1, 200);
  // Committed, and the acks lost with the process.
  coordinator_->acknowledges_ = false;
  ASSERT_TRUE(until([&] { return committed_.batches.size() >= 8; }));
  for (int restart = 0; restart < 3; ++restart) {
    coordinator_.reset();
    ASSERT_TRUE(until([&] { return agent_->uplink_->state() != LinkState::connected; }));
    start_coordinator();
    const auto before = committed_.batches.size();
    ASSERT_TRUE(until(
        [&] { return committed_.batches.size() >= std::min<std::size_t>(before + 30, 200); }));
  }
  ASSERT_TRUE(until_released());
  EXPECT_EQ(committed_.pids.size(), 200U);
  EXPECT_GE(committed_.repeated, 8U);
  EXPECT_GE(agent_->delivery_->resent_batches(), 8U);
}

TEST_F(DeliveryOverLoopback, an_agent_that_starts_again_sends_what_was_not_acked) {
  start_approved();
  coordinator_->acknowledges_ = false;
  report(1, 30);
  ASSERT_TRUE(until([&] { return committed_.batches.size() == 8; })) << "the window";
  const auto incarnation = agent_->spool_->incarnation();
  agent_.reset();
  coordinator_->acknowledges_ = true;
  start_agent();
  EXPECT_EQ(agent_->spool_->incarnation(), incarnation);
  report(31, 40);
  ASSERT_TRUE(until_released());
  EXPECT_EQ(committed_.pids.size(), 40U);
  EXPECT_GE(committed_.repeated, 8U);
}

TEST_F(DeliveryOverLoopback, a_full_queue_takes_nothing_and_gets_it_later) {
  start_coordinator(3);
  ASSERT_TRUE(coordinator_->directory_->approve(agent_keys_.public_key));
  coordinator_->commits_ = false;
  start_agent();
  report(1, 20);
  ASSERT_TRUE(
      until([&] { return coordinator_->metric("foreshock_ingest_refused_batches_total") >= 5; }));
  EXPECT_EQ(coordinator_->inbound_.size(), 3U);
  EXPECT_EQ(agent_->spool_->stats().entries, 20U);
  coordinator_->commits_ = true;
  ASSERT_TRUE(until_released());
  EXPECT_EQ(committed_.pids.size(), 20U);
}

TEST_F(DeliveryOverLoopback, what_makes_no_sense_is_counted_with_its_sender_and_ends_nothing) {
  start_approved();
  const auto hostile_keys = make_keys();
  ASSERT_TRUE(coordinator_->directory_->approve(hostile_keys.public_key));
  auto hostile = *DealerSocket::connect({.endpoint = endpoint_,
                                         .server_public_key = server_keys_.public_key,
                                         .own_keys = hostile_keys});
  const auto good =
      encode_message(AgentMessage(Batch{.incarnation = {}, .sequence = 1, .payload = {}}));
  const Batch bad_payload{.incarnation = {}, .sequence = 1, .payload = ByteBuffer(100)};
  const std::vector<ByteBuffer> messages = {ByteBuffer(1),
                                            ByteBuffer(1000),
                                            ByteBuffer(good.begin(), good.begin() + 20),
                                            ByteBuffer(),
                                            encode_message(AgentMessage(bad_payload)),
                                            encode_message(CoordinatorMessage(Welcome{}))};
  for (const auto& message : messages) {
    ASSERT_TRUE(until([&] { return hostile->try_send(message); }));
  }
  ASSERT_TRUE(until(
      [&] { return coordinator_->metric("foreshock_ingest_malformed_total") == messages.size(); }));
  const auto rejected = coordinator_->gateway_->last_rejected();
  EXPECT_EQ(rejected->public_key, hostile_keys.public_key);
  EXPECT_EQ(rejected->total, messages.size());
  EXPECT_FALSE(rejected->cause.empty());
  report(1, 3);
  EXPECT_TRUE(until_released());
}

TEST_F(DeliveryOverLoopback, watch_lists_reach_agents_at_once_and_at_hello) {
  start_approved();
  const WatchList first{
      .version = 1, .base_names = {"pg_dump"}, .signatures = {"pg_dump <db>"}, .rules = {}};
  coordinator_->gateway_->set_watch_list(first);
  ASSERT_TRUE(until([&] { return agent_->watch_list_ == first; }));
  agent_.reset();
  start_agent();
  ASSERT_TRUE(until([&] { return agent_->watch_list_ == first; }));
}

TEST_F(DeliveryOverLoopback, urgent_execs_and_commands_pass) {
  start_approved();
  UrgentExec urgent;
  urgent.execution.facts.process.pid = 77;
  urgent.execution.argv = make_argv({"pg_dump", "db"});
  ASSERT_TRUE(until([&] { return agent_->uplink_->try_send(urgent); }));
  ASSERT_TRUE(until([&] { return !coordinator_->urgent_.empty(); }));
  EXPECT_EQ(coordinator_->urgent_[0].urgent, urgent);
  EXPECT_EQ(coordinator_->urgent_[0].public_key, agent_keys_.public_key);

  const Command command{
      .id = 1,
      .decision_id = 2,
      .epoch = kEpoch,
      .issued = {},
      .expires = {},
      .body = Adjustment{.target = {.path = "/a", .id = 3}, .knob = Knob::cpu_max, .value = 500}};
  ASSERT_TRUE(
      coordinator_->gateway_->post({.public_key = agent_keys_.public_key, .message = command}));
  ASSERT_TRUE(until([&] { return !agent_->commands_.empty(); }));
  EXPECT_EQ(agent_->commands_[0], command);
}

TEST_F(DeliveryOverLoopback, two_agents_do_not_mix) {
  start_approved();
  const auto other_keys = make_keys();
  ASSERT_TRUE(coordinator_->directory_->approve(other_keys.public_key));
  TestAgent other(directory_ / "other-spool", endpoint_, server_keys_.public_key, other_keys,
                  "host-b");
  report(1, 20);
  for (std::uint32_t pid = 21; pid <= 40; ++pid) other.report(pid);
  ASSERT_TRUE(until([&] {
    other.turn();
    return agent_->spool_->stats().entries == 0 && other.spool_->stats().entries == 0;
  }));
  EXPECT_EQ(committed_.pids.size(), 40U);
  EXPECT_EQ(agent_->delivery_->acked_batches(), 20U);
  EXPECT_EQ(other.delivery_->acked_batches(), 20U);
}

TEST_F(DeliveryOverLoopback, ingest_pipeline_and_agent_run_on_their_own_threads) {
  start_coordinator();
  ASSERT_TRUE(coordinator_->directory_->approve(agent_keys_.public_key));
  auto ingest =
      start_thread("ingest", [&](std::stop_token stop) { coordinator_->gateway_->run(stop); });
  start_agent();
  report(1, 100);
  // This thread is the pipeline and the agent; a post must wake the other.
  ASSERT_TRUE(wait_until([&] { return agent_->spool_->stats().entries == 0; },
                         [&] {
                           coordinator_->commit();
                           agent_->turn();
                           std::this_thread::sleep_for(milliseconds(1));
                         }));
  ingest.request_stop();
  ingest.join();
  EXPECT_EQ(committed_.pids.size(), 100U);
}

}  // namespace
}  // namespace foreshock

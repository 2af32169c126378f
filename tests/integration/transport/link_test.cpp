#include <algorithm>
#include <memory>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/wire/codec.h"
#include "common/wire/zmq_socket.h"
#include "tests/integration/transport/loopback.h"

namespace foreshock {
namespace {

bool is_readable(int fd) {
  pollfd item{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&item, 1, 0) == 1;
}

class LinkTest : public testing::Test {
 protected:
  void SetUp() override { authority_.admitted.insert(agent_keys_.public_key); }

  void start_router(const CurveKeyPair& keys) {
    auto router = RouterSocket::bind({.endpoint = endpoint_, .own_keys = keys}, authority_);
    ASSERT_TRUE(router) << router.error().message();
    router_ = *std::move(router);
    endpoint_ = router_->endpoint();  // the port stays the same when it is started again
  }
  void start_router() { start_router(router_keys_); }

  void start_dealer(const std::string& server_key) {
    auto dealer = DealerSocket::connect(
        {.endpoint = endpoint_, .server_public_key = server_key, .own_keys = agent_keys_});
    ASSERT_TRUE(dealer) << dealer.error().message();
    dealer_ = *std::move(dealer);
  }
  void start_dealer() { start_dealer(router_keys_.public_key); }

  /// Both ends have a turn; what the router receives is kept.
  void turn() {
    if (!router_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return;
    }
    router_->wait(5);
    while (auto received = router_->try_receive()) received_.push_back(*std::move(received));
  }
  bool reaches(LinkState state) {
    return wait_until([&] { return dealer_->poll_state() == state; }, [&] { turn(); });
  }
  bool stays(LinkState state, std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      turn();
      if (dealer_->poll_state() != state) return false;
    }
    return true;
  }
  bool send_through(const std::string& text) {
    const auto before = received_.size();
    if (!wait_until([&] { return dealer_->try_send(as_bytes(text)); }, [&] { turn(); }))
      return false;
    return wait_until(
        [&] { return received_.size() > before && as_text(received_.back().message) == text; },
        [&] { turn(); });
  }
  std::optional<ByteBuffer> receive() {
    std::optional<ByteBuffer> message;
    wait_until([&] { return (message = dealer_->try_receive()).has_value(); }, [&] { turn(); });
    return message;
  }

  const CurveKeyPair router_keys_ = make_keys();
  const CurveKeyPair agent_keys_ = make_keys();
  ListAuthority authority_;
  std::string endpoint_ = "tcp://127.0.0.1:*";
  std::unique_ptr<RouterSocket> router_;
  std::unique_ptr<DealerSocket> dealer_;
  std::vector<RouterSocket::Received> received_;
};

TEST_F(LinkTest, messages_go_both_ways_with_the_senders_key) {
  start_router();
  start_dealer();
  ASSERT_TRUE(reaches(LinkState::connected));
  EXPECT_EQ(dealer_->connections(), 1U);
  EXPECT_EQ(authority_.last_address, "127.0.0.1");
  ASSERT_TRUE(send_through("hello"));
  EXPECT_EQ(received_.back().public_key, agent_keys_.public_key);
  ASSERT_TRUE(router_->try_send(received_.back().routing_id, as_bytes("welcome")));
  const auto answer = receive();
  ASSERT_TRUE(answer);
  EXPECT_EQ(as_text(*answer), "welcome");
}

TEST_F(LinkTest, nothing_listening_is_connecting_and_ends_when_the_coordinator_comes) {
  start_router();
  router_.reset();
  start_dealer();
  EXPECT_TRUE(stays(LinkState::connecting, std::chrono::milliseconds(500)));
  EXPECT_FALSE(dealer_->try_send(as_bytes("too early")));
  start_router();
  EXPECT_TRUE(reaches(LinkState::connected));
  EXPECT_TRUE(send_through("now"));
  EXPECT_EQ(received_.size(), 1U) << "what was refused was not kept either";
}

TEST_F(LinkTest, a_wrong_server_key_is_handshake_failed_and_heals_when_the_right_server_comes) {
  start_router(make_keys());
  start_dealer();
  ASSERT_TRUE(reaches(LinkState::handshake_failed));
  EXPECT_TRUE(stays(LinkState::handshake_failed, std::chrono::seconds(1)));
  EXPECT_FALSE(dealer_->try_send(as_bytes("no")));
  EXPECT_TRUE(authority_.asked.empty()) << "the server cannot even know who knocked";
  router_.reset();
  start_router();
  EXPECT_TRUE(reaches(LinkState::connected));
  EXPECT_TRUE(send_through("now"));
}

TEST_F(LinkTest, a_key_that_is_refused_is_not_enrolled_and_connects_once_it_is_admitted) {
  authority_.admitted.clear();
  start_router();
  start_dealer();
  ASSERT_TRUE(reaches(LinkState::not_enrolled));
  EXPECT_TRUE(authority_.asked.contains(agent_keys_.public_key));
  EXPECT_TRUE(stays(LinkState::not_enrolled, std::chrono::seconds(1)));
  authority_.admitted.insert(agent_keys_.public_key);
  EXPECT_TRUE(reaches(LinkState::connected));
  EXPECT_TRUE(send_through("now"));
}

TEST_F(LinkTest, a_server_that_goes_away_is_connecting_and_its_return_a_new_connection) {
  start_router();
  start_dealer();
  ASSERT_TRUE(reaches(LinkState::connected));
  router_.reset();
  ASSERT_TRUE(reaches(LinkState::connecting));
  EXPECT_FALSE(dealer_->try_send(as_bytes("into the void")));
  start_router();
  ASSERT_TRUE(reaches(LinkState::connected));
  EXPECT_EQ(dealer_->connections(), 2U);
  EXPECT_TRUE(send_through("again"));
}

TEST_F(LinkTest, a_dismissed_dealer_hangs_up_and_knocks_again) {
  start_router();
  start_dealer();
  ASSERT_TRUE(reaches(LinkState::connected));
  ASSERT_TRUE(send_through("hello"));
  authority_.admitted.clear();
  router_->dismiss(received_.back().routing_id);
  ASSERT_TRUE(wait_until(
      [&] {
        EXPECT_FALSE(dealer_->try_receive());
        return dealer_->poll_state() == LinkState::not_enrolled;
      },
      [&] { turn(); }));
  EXPECT_TRUE(stays(LinkState::not_enrolled, std::chrono::seconds(1)));
  authority_.admitted.insert(agent_keys_.public_key);
  EXPECT_TRUE(reaches(LinkState::connected));
}

TEST_F(LinkTest, something_that_is_not_ours_is_handshake_failed) {
  // A listener that talks like a shell.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 16), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  endpoint_ = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  start_dealer();
  std::jthread server([listener](std::stop_token stop) {
    while (!stop.stop_requested()) {
      pollfd item{.fd = listener, .events = POLLIN, .revents = 0};
      if (::poll(&item, 1, 20) != 1) continue;
      const int connection = ::accept(listener, nullptr, nullptr);
      const std::string_view greeting =
          "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2, and more than sixty-four bytes of it\r\n";
      [[maybe_unused]] const auto sent =
          ::send(connection, greeting.data(), greeting.size(), MSG_NOSIGNAL);
      ::close(connection);
    }
  });
  EXPECT_TRUE(reaches(LinkState::handshake_failed));
  EXPECT_TRUE(stays(LinkState::handshake_failed, std::chrono::milliseconds(500)));
  server.request_stop();
  server.join();
  ::close(listener);
  start_router();
  EXPECT_TRUE(reaches(LinkState::connected));
}

TEST_F(LinkTest, a_host_name_that_does_not_exist_is_connecting) {
  endpoint_ = "tcp://no-such-host.invalid:7420";
  start_dealer();
  EXPECT_TRUE(stays(LinkState::connecting, std::chrono::milliseconds(300)));
}

TEST_F(LinkTest, ready_fd_stays_the_same_and_tells_of_messages_and_states) {
  authority_.admitted.clear();
  start_router();
  start_dealer();
  const int fd = dealer_->ready_fd();
  // The descriptor alone drives the dealer through refusals to the connection.
  int refusals = 0;
  ASSERT_TRUE(wait_until([&] { return dealer_->connections() == 1; },
                         [&] {
                           turn();
                           if (!is_readable(fd)) return;
                           EXPECT_FALSE(dealer_->try_receive());
                           if (++refusals == 20) authority_.admitted.insert(agent_keys_.public_key);
                         }));
  EXPECT_EQ(dealer_->ready_fd(), fd);
  ASSERT_TRUE(send_through("hello"));
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(router_->try_send(received_.back().routing_id, as_bytes("x")));
    // Sending may swallow the edge of an arrival; it must show all the same.
    ASSERT_TRUE(wait_until([&] { return is_readable(fd); },
                           [&] {
                             dealer_->try_send(as_bytes("y"));
                             turn();
                           }));
    ASSERT_TRUE(wait_until([&] { return dealer_->try_receive().has_value(); }, [&] { turn(); }));
    while (dealer_->try_receive()) {
    }
  }
  // And it is quiet when there is nothing.
  EXPECT_TRUE(wait_until([&] { return !is_readable(fd); },
                         [&] {
                           turn();
                           dealer_->try_receive();
                         }));
}

TEST_F(LinkTest, a_slow_reader_is_refused_not_waited_for) {
  start_router();
  start_dealer();
  ASSERT_TRUE(reaches(LinkState::connected));
  const std::string big(1 << 20, 'x');
  bool refused = false;
  for (int i = 0; i < 1000 && !refused; ++i) refused = !dealer_->try_send(as_bytes(big));
  EXPECT_TRUE(refused) << "the router does not read, and all is bounded";
  EXPECT_FALSE(router_->try_send("nobody", as_bytes("x")));
}

TEST_F(LinkTest, a_message_over_the_bound_ends_the_connection_and_not_the_router) {
  start_router();
  start_dealer();
  ASSERT_TRUE(reaches(LinkState::connected));
  ASSERT_TRUE(dealer_->try_send(ByteBuffer(kMaxMessageBytes + 1)));
  EXPECT_TRUE(wait_until([&] { return dealer_->connections() == 2; },
                         [&] {
                           turn();
                           dealer_->poll_state();
                         }));
  EXPECT_TRUE(received_.empty());
  EXPECT_TRUE(send_through("small"));
}

TEST_F(LinkTest, wake_ends_a_wait_from_another_thread) {
  start_router();
  std::jthread other([&] { router_->wake(); });
  const auto start = std::chrono::steady_clock::now();
  router_->wait(static_cast<int>(std::chrono::milliseconds(kPatience).count()));
  EXPECT_LT(std::chrono::steady_clock::now() - start, kPatience);
}

TEST_F(LinkTest, a_taken_port_is_a_conflict_that_names_it) {
  start_router();
  const auto second =
      RouterSocket::bind({.endpoint = endpoint_, .own_keys = router_keys_}, authority_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::conflict);
  EXPECT_NE(second.error().message().find(endpoint_), std::string::npos)
      << second.error().message();
}

TEST_F(LinkTest, says_what_is_wrong_with_endpoints_and_keys) {
  for (const auto* endpoint :
       {"", "nonsense", "tcp://127.0.0.1", "tcp://127.0.0.1:notaport", "udp://127.0.0.1:1"}) {
    const auto dealer = DealerSocket::connect({.endpoint = endpoint,
                                               .server_public_key = router_keys_.public_key,
                                               .own_keys = agent_keys_});
    EXPECT_FALSE(dealer) << endpoint;
    const auto router =
        RouterSocket::bind({.endpoint = endpoint, .own_keys = router_keys_}, authority_);
    EXPECT_FALSE(router) << endpoint;
    if (!dealer) {
      EXPECT_EQ(dealer.error().code(), ErrorCode::invalid_argument) << dealer.error().message();
    }
  }
  const auto dealer = DealerSocket::connect(
      {.endpoint = "tcp://127.0.0.1:1", .server_public_key = "short", .own_keys = agent_keys_});
  ASSERT_FALSE(dealer);
  EXPECT_NE(dealer.error().message().find("coordinator's public key"), std::string::npos);
}

}  // namespace
}  // namespace foreshock

#include "agent/metrics_in/statsd_listener.h"

#include <cstring>
#include <filesystem>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace foreshock::agent {
namespace {

class StatsdListenerTest : public testing::Test {
 protected:
  static void wait_for(int socket) {
    pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
    ASSERT_EQ(::poll(&readable, 1, 10'000), 1);
  }
  test::TempDir directory_;
  FakeClock clock_;
  MetricTable table_{100};
};

TEST_F(StatsdListenerTest, takes_datagrams_over_udp) {
  auto listener = StatsdListener::make({.udp = "127.0.0.1:0", .unix_socket = ""}, table_, clock_);
  ASSERT_TRUE(listener) << listener.error().message();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons((*listener)->udp_port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const UniqueFd sender(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const std::string text = "requests:1|c\nqueue:4|g\nnonsense\n";
  ASSERT_EQ(::sendto(sender.get(), text.data(), text.size(), 0,
                     reinterpret_cast<const sockaddr*>(&address), sizeof address),
            static_cast<ssize_t>(text.size()));
  const int socket = (*listener)->sockets().at(0).get();
  wait_for(socket);
  (*listener)->receive(socket);
  EXPECT_EQ(table_.take(clock_.boot_now()).size(), 2u);
  EXPECT_EQ(table_.stats().malformed, 1u);
}

TEST_F(StatsdListenerTest, takes_datagrams_over_a_unix_socket_and_removes_it) {
  const std::string path = directory_ / "statsd.sock";
  {
    auto first = StatsdListener::make({.udp = "", .unix_socket = path}, table_, clock_);
    ASSERT_TRUE(first) << first.error().message();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    const UniqueFd sender(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::sendto(sender.get(), "x:1|c", 5, 0, reinterpret_cast<const sockaddr*>(&address),
                       sizeof address),
              5);
    const int socket = (*first)->sockets().at(0).get();
    wait_for(socket);
    (*first)->receive(socket);
    EXPECT_EQ(table_.stats().accepted, 1u);
    // What a killed run left behind is in nobody's way.
    EXPECT_TRUE(StatsdListener::make({.udp = "", .unix_socket = path}, table_, clock_));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(StatsdListenerTest, names_an_address_that_is_wrong) {
  for (const char* address :
       {"8125", "localhost:8125", "127.0.0.1:port", "127.0.0.1:99999", "::1:1x"}) {
    const auto listener = StatsdListener::make({.udp = address, .unix_socket = ""}, table_, clock_);
    ASSERT_FALSE(listener) << address;
    EXPECT_NE(listener.error().message().find(address), std::string::npos);
  }
  EXPECT_FALSE(
      StatsdListener::make({.udp = "", .unix_socket = std::string(200, 'x')}, table_, clock_));
}

}  // namespace
}  // namespace foreshock::agent

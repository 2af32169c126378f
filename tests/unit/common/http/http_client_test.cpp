#include "common/http/http_client.h"

#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/unique_fd.h"

using namespace std::chrono_literals;

namespace foreshock {

namespace {

/// Answers one client on a loopback port with the bytes given, whatever it asks, and then waits
/// until it has hung up.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), raw, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), raw, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, answer = std::move(answer)] { serve(answer); });
  }

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::string asked() {
    thread_.join();
    return asked_;
  }

 private:
  void serve(const std::string& answer) {
    const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
    char bytes[4096];
    while (asked_.find("\r\n\r\n") == std::string::npos) {
      const auto got = ::read(client.get(), bytes, sizeof bytes);
      if (got <= 0) return;
      asked_.append(bytes, static_cast<std::size_t>(got));
    }
    EXPECT_EQ(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(answer.size()));
    if (answer.find("close") != std::string::npos) return;
    while (::read(client.get(), bytes, sizeof bytes) > 0) {
    }
  }

  UniqueFd listener_;
  int port_ = 0;
  std::string asked_;
  std::jthread thread_;
};

ErrorCode code_of(const Result<HttpReply>& reply) {
  EXPECT_FALSE(reply);
  return reply ? ErrorCode::io : reply.error().code();
}

}  // namespace

TEST(HttpGet, gets_status_and_body) {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  const auto reply = http_get(server.url("/metrics?a=%2Fb"), 5s, 100);
  ASSERT_TRUE(reply) << reply.error().message();
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "hello");
  const auto asked = server.asked();
  EXPECT_EQ(asked.substr(0, asked.find('\r')), "GET /metrics?a=%2Fb HTTP/1.1");
  EXPECT_NE(asked.find("Host: 127.0.0.1:"), std::string::npos) << asked;
}

TEST(HttpGet, understands_chunks_other_statuses_and_an_end_without_a_length) {
  OneAnswer chunked(
      "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  const auto first = http_get(chunked.url(""), 5s, 100);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->status, 404);
  EXPECT_EQ(first->body, "abcde");
  OneAnswer until_end("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nall of it");
  const auto second = http_get(until_end.url("/"), 5s, 100);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->body, "all of it");
}

TEST(HttpGet, bounds_the_body_whether_its_length_is_told_or_not) {
  OneAnswer told("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'));
  EXPECT_EQ(code_of(http_get(told.url("/"), 5s, 100)), ErrorCode::exhausted);
  OneAnswer untold("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(101, 'x'));
  EXPECT_EQ(code_of(http_get(untold.url("/"), 5s, 100)), ErrorCode::exhausted);
}

TEST(HttpGet, says_what_kept_it_from_an_answer) {
  OneAnswer silent("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  const auto late = http_get(silent.url("/"), 100ms, 100);
  EXPECT_EQ(code_of(late), ErrorCode::unavailable);
  EXPECT_NE(late.error().message().find("none within 100 ms"), std::string::npos);
  OneAnswer wrong("SSH-2.0-OpenSSH_9.2\r\nclose\r\n\r\n");
  EXPECT_EQ(code_of(http_get(wrong.url("/"), 5s, 100)), ErrorCode::unavailable);
  EXPECT_EQ(code_of(http_get("http://127.0.0.1:1/", 5s, 100)), ErrorCode::unavailable);
  for (const char* url : {"https://localhost/", "http://", "http://:80/", "http://a:b/", "ftp://x/",
                          "http://user:secret@localhost/"})
    EXPECT_EQ(code_of(http_get(url, 5s, 100)), ErrorCode::invalid_argument) << url;
}

}  // namespace foreshock

#include "coordinator/calendar/fetch.h"

#include <array>
#include <thread>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/unique_fd.h"

namespace foreshock::coordinator {
namespace {

/// Gives one answer to one request.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~OneAnswer() { thread_.join(); }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}/x.ics", port_); }

 private:
  void serve() const {
    const UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
    std::string request;
    std::array<char, 1024> chunk{};
    while (request.find("\r\n\r\n") == std::string::npos) {
      const auto got = ::read(connection.get(), chunk.data(), chunk.size());
      if (got <= 0) return;
      request.append(chunk.data(), static_cast<std::size_t>(got));
    }
    (void)::send(connection.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
  }

  const std::string answer_;
  const UniqueFd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

std::string answer(const std::string& status, const std::string& body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status,
                     body.size(), body);
}

TEST(FetchUrl, gives_what_the_server_answers) {
  const OneAnswer server(answer("200 OK", "BEGIN:VCALENDAR"));
  const auto text = fetch_url(server.url());
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text, "BEGIN:VCALENDAR");
}

TEST(FetchUrl, takes_no_more_than_it_was_told) {
  const OneAnswer server(answer("200 OK", std::string(1000, 'x')));
  const auto text = fetch_url(server.url(), {.bytes = 999});
  ASSERT_FALSE(text);
  EXPECT_TRUE(text.error().message().ends_with("more than 999 bytes")) << text.error().message();
}

TEST(FetchUrl, another_status_is_an_error) {
  const OneAnswer server(answer("404 Not Found", "no such calendar"));
  const auto text = fetch_url(server.url());
  ASSERT_FALSE(text);
  EXPECT_TRUE(text.error().message().ends_with("status 404")) << text.error().message();
}

TEST(FetchUrl, errors_name_the_url_without_its_password) {
  const auto text = fetch_url("http://me:secret@127.0.0.1:1/x.ics");
  ASSERT_FALSE(text);
  EXPECT_TRUE(text.error().message().starts_with("get http://127.0.0.1:1/x.ics: "))
      << text.error().message();
}

TEST(FetchUrl, takes_http_only) {
  EXPECT_FALSE(fetch_url("file:///etc/passwd"));
}

}  // namespace
}  // namespace foreshock::coordinator

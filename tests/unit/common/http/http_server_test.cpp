#include "common/http/http_server.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/http/http_client.h"
#include "common/http/unix_listener.h"
#include "common/http/url.h"

namespace foreshock {

namespace {

/// Z85 has all of these.
constexpr const char* kStrangeKey = "a/b?c%d&e+f#g=h:i<j>k(l)[m]{n}@o!p*q^r$-";

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "foreshock-http-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    socket_ = (directory_ / "test.sock").string();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  HttpReply ask(const std::string& method, const std::string& path, const std::string& body = "") {
    const auto reply = http_over_unix(socket_, method, path, body);
    EXPECT_TRUE(reply) << reply.error().message();
    return reply ? *reply : HttpReply{};
  }

  /// What the server sends until it hangs up, to a client that sends these bytes.
  std::string talk(const std::string& bytes) {
    auto connection = connect_unix(socket_);
    EXPECT_TRUE(connection);
    EXPECT_EQ(::send(connection->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    std::string answer;
    char part[4096];
    for (ssize_t got = 0; (got = ::read(connection->get(), part, sizeof part)) > 0;)
      answer.append(part, static_cast<std::size_t>(got));
    return answer;
  }

  /// A socket file whose owner is gone.
  void leave_stale_socket() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_.c_str(), sizeof(address.sun_path) - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
    ASSERT_TRUE(std::filesystem::exists(socket_));
  }

  std::filesystem::path directory_;
  std::string socket_;
};

}  // namespace

TEST_F(HttpServerTest, serves_routes_with_decoded_parts_query_and_body) {
  HttpServer server;
  HttpRequest seen;
  server.route("POST", "/v1/agents/:key/:verb", [&](const HttpRequest& request) {
    seen = request;
    return HttpResponse{200, "{}", "application/json"};
  });
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  const auto reply =
      ask("POST", std::string("/v1/agents/") + encode_url(kStrangeKey) + "/approve?cgroup=%2Fa%26b",
          "hello");
  EXPECT_EQ(reply.status, 200);
  server.stop();
  EXPECT_EQ(seen.path_parameters["key"], kStrangeKey);
  EXPECT_EQ(seen.path_parameters["verb"], "approve");
  EXPECT_EQ(seen.query["cgroup"], "/a&b");
  EXPECT_EQ(seen.body, "hello");
  EXPECT_EQ(seen.method, "POST");
}

TEST_F(HttpServerTest, says_what_is_not_there_and_what_cannot_be_done) {
  HttpServer server;
  server.route("GET", "/here", [](const HttpRequest&) {
    return HttpResponse{200, "text", "text/plain"};
  });
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  EXPECT_EQ(ask("GET", "/here").body, "text");
  EXPECT_EQ(ask("GET", "/there").status, 404);
  EXPECT_EQ(ask("GET", "/there").body,
            R"({"error":{"code":"not_found","message":"there is no /there"}})");
  EXPECT_EQ(ask("GET", "/here/more").status, 404);
  EXPECT_EQ(ask("DELETE", "/here").status, 405);
  EXPECT_EQ(ask("GET", "/here?x=%zz").status, 400);
}

TEST_F(HttpServerTest, turns_what_a_handler_throws_into_a_500) {
  HttpServer server;
  server.route("GET", "/throws",
               [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("broken \xff"); });
  server.route("GET", "/throws_int", [](const HttpRequest&) -> HttpResponse { throw 1; });
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  EXPECT_EQ(ask("GET", "/throws").status, 500);
  EXPECT_NE(ask("GET", "/throws").body.find("\"internal\""), std::string::npos);
  EXPECT_EQ(ask("GET", "/throws_int").status, 500);
}

TEST_F(HttpServerTest, refuses_bodies_and_targets_beyond_their_bounds) {
  HttpServer server;
  std::atomic<int> calls{0};
  server.route("POST", "/", [&](const HttpRequest&) {
    ++calls;
    return HttpResponse{};
  });
  server.route("GET", "/", [&](const HttpRequest&) {
    ++calls;
    return HttpResponse{};
  });
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  EXPECT_EQ(ask("POST", "/", std::string(1 << 20, 'x')).status, 200);
  EXPECT_EQ(ask("POST", "/", std::string((1 << 20) + 1, 'x')).status, 413);
  EXPECT_TRUE(talk("POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\nX: y\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
  EXPECT_EQ(ask("GET", "/?x=" + std::string(5000, 'x')).status, 414);
  EXPECT_EQ(calls, 1);
}

TEST_F(HttpServerTest, refuses_what_is_not_http_and_answers_head_without_a_body) {
  HttpServer server;
  server.route("GET", "/", [](const HttpRequest&) {
    return HttpResponse{200, "text", "text/plain"};
  });
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  const auto refused = talk("\x16\x03\x01 this is no request\r\n\r\n");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 400 ")) << refused;
  EXPECT_NE(refused.find("\"invalid_argument\""), std::string::npos) << refused;
  const auto too_long = talk("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n");
  EXPECT_TRUE(too_long.starts_with("HTTP/1.1 431 ")) << too_long;
  const auto head = talk("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 4\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
}

TEST_F(HttpServerTest, silent_clients_hold_up_nobody) {
  HttpServer server;
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 10; ++i) silent.push_back(*connect_unix(socket_));
  EXPECT_EQ(ask("GET", "/").status, 404);
}

TEST_F(HttpServerTest, makes_a_socket_for_owner_and_group_only) {
  HttpServer server;
  const group* own = getgrgid(getgid());
  ASSERT_TRUE(server.listen_unix(socket_, own ? own->gr_name : "no-such-group"));
  struct stat status {};
  ASSERT_EQ(stat(socket_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0660u);
  EXPECT_EQ(status.st_gid, getgid());
}

TEST_F(HttpServerTest, replaces_a_stale_socket_and_refuses_a_live_one) {
  leave_stale_socket();
  HttpServer server;
  ASSERT_TRUE(server.listen_unix(socket_, "no-such-group"));
  HttpServer second;
  const auto result = second.listen_unix(socket_, "");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::conflict);
  EXPECT_NE(result.error().message().find("already in use"), std::string::npos);
  EXPECT_EQ(ask("GET", "/").status, 404);  // the first one is still served
}

TEST_F(HttpServerTest, does_not_remove_a_file_that_is_no_socket) {
  std::ofstream(socket_) << "precious";
  HttpServer server;
  const auto result = server.listen_unix(socket_, "");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::conflict);
  EXPECT_EQ(std::filesystem::file_size(socket_), 8u);
}

TEST_F(HttpServerTest, says_why_it_cannot_listen) {
  HttpServer server;
  const auto missing = server.listen_unix((directory_ / "none" / "x.sock").string(), "");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("none/x.sock"), std::string::npos);
  const auto too_long = server.listen_unix("/" + std::string(200, 'x'), "");
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code(), ErrorCode::invalid_argument);
}

TEST_F(HttpServerTest, removes_its_socket_when_it_stops_but_not_its_successors) {
  {
    HttpServer server;
    ASSERT_TRUE(server.listen_unix(socket_, ""));
  }
  EXPECT_FALSE(std::filesystem::exists(socket_));
  HttpServer first;
  ASSERT_TRUE(first.listen_unix(socket_, ""));
  std::filesystem::remove(socket_);
  HttpServer second;
  ASSERT_TRUE(second.listen_unix(socket_, ""));
  first.stop();
  EXPECT_TRUE(std::filesystem::exists(socket_));
  EXPECT_EQ(ask("GET", "/").status, 404);
}

TEST_F(HttpServerTest, answers_many_clients_with_few_threads) {
  HttpServer server;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  server.route("GET", "/", [&](const HttpRequest&) {
    const int now = ++inside;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --inside;
    return HttpResponse{};
  });
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 16; ++i) {
      clients.emplace_back([&] {
        for (int n = 0; n < 5; ++n) {
          const auto reply = http_over_unix(socket_, "GET", "/");
          if (reply && reply->status == 200) ++answered;
        }
      });
    }
  }
  EXPECT_EQ(answered, 80);
  EXPECT_LE(most, 4);
}

TEST_F(HttpServerTest, stops_although_clients_are_silent) {
  HttpServer server;
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  std::vector<UniqueFd> silent;
  const auto connect_silently = [&](int count) {
    for (int i = 0; i < count; ++i) {
      auto connection = connect_unix(socket_);
      ASSERT_TRUE(connection) << connection.error().message();
      silent.push_back(*std::move(connection));
    }
  };
  connect_silently(3);
  EXPECT_EQ(ask("GET", "/").status, 404);  // those before it are connected now
  connect_silently(30);
  server.stop();
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

TEST_F(HttpServerTest, can_be_stopped_before_it_listened_and_twice) {
  HttpServer never;
  never.stop();
  HttpServer server;
  ASSERT_TRUE(server.listen_unix(socket_, ""));
  server.stop();
  server.stop();
}

TEST_F(HttpServerTest, client_says_which_service_is_not_running) {
  const auto missing = http_over_unix(socket_, "GET", "/");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(missing.error().message(), socket_ + ": not running? (no such socket)");
  leave_stale_socket();
  const auto stale = http_over_unix(socket_, "GET", "/");
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().message(), socket_ + ": not running? (nobody listens)");
}

TEST_F(HttpServerTest, errors_have_the_status_that_fits) {
  EXPECT_EQ(make_error_response(Error(ErrorCode::not_found, "x")).status, 404);
  EXPECT_EQ(make_error_response(Error(ErrorCode::invalid_argument, "x")).status, 400);
  EXPECT_EQ(make_error_response(Error(ErrorCode::unavailable, "x")).status, 503);
  EXPECT_EQ(make_error_response(Error(ErrorCode::io, "disk \"a\"")).body,
            R"({"error":{"code":"io","message":"disk \"a\""}})");
}

}  // namespace foreshock

#include "common/http/http_client.h"

#include <chrono>

#include <fmt/format.h>
#include <httplib.h>
#include <signal.h>
#include <sys/socket.h>

#include "common/http/unix_listener.h"

namespace foreshock {

namespace {

constexpr auto kConnectTimeout = std::chrono::seconds(5);
constexpr auto kAnswerTimeout = std::chrono::seconds(30);

/// Keeps a server that hangs up in mid-request from killing the program.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeBlock() {
    const timespec at_once{};
    if (!sigismember(&before_, SIGPIPE)) {
      while (sigtimedwait(&sigpipe_, nullptr, &at_once) == SIGPIPE) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

httplib::Request make_request(const std::string& method, const std::string& path,
                              const std::string& body) {
  httplib::Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  request.set_header("Host", "localhost");
  // Compressing what stays in this machine's memory is a waste.
  request.set_header("Accept-Encoding", "identity");
  if (!body.empty()) request.set_header("Content-Type", "application/json");
  return request;
}

}  // namespace

Result<HttpReply> http_over_unix(const std::string& socket_path, const std::string& method,
                                 const std::string& path, const std::string& body) try {
  // The library does not tell why it could not connect, so that is tried first.
  FS_CHECK(connect_unix(socket_path));
  const SigpipeBlock block;
  httplib::Client client(socket_path, 80);
  client.set_address_family(AF_UNIX);
  client.set_url_encode(false);
  client.set_connection_timeout(kConnectTimeout);
  client.set_read_timeout(kAnswerTimeout);
  client.set_write_timeout(kAnswerTimeout);
  const auto result = client.send(make_request(method, path, body));
  if (!result) {
    return Error(
        ErrorCode::unavailable,
        fmt::format("{}: no answer to {} {} ({} failed or took longer than {} s)", socket_path,
                    method, path, httplib::to_string(result.error()), kAnswerTimeout.count()));
  }
  return HttpReply{result->status, result->body};
} catch (const std::exception& problem) {
  return Error(ErrorCode::io,
               fmt::format("{}: {} {}: {}", socket_path, method, path, problem.what()));
}

}  // namespace foreshock

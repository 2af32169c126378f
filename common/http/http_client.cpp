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

Result<HttpReply> http_get(const std::string& url, std::chrono::milliseconds deadline,
                           std::size_t max_bytes) try {
  constexpr std::string_view kScheme = "http://";
  const Error wrong(ErrorCode::invalid_argument, url + ": expected http://HOST[:PORT]/PATH");
  if (!url.starts_with(kScheme)) return wrong;
  const auto slash = url.find('/', kScheme.size());
  const auto origin = url.substr(0, slash);
  if (origin.size() == kScheme.size()) return wrong;
  const SigpipeBlock block;
  httplib::Client client(origin);
  if (!client.is_valid()) return wrong;
  client.set_url_encode(false);
  client.set_connection_timeout(deadline);
  client.set_read_timeout(deadline);
  client.set_write_timeout(deadline);
  HttpReply reply;
  bool too_long = false;
  const auto until = std::chrono::steady_clock::now() + deadline;
  const httplib::Headers headers = {{"Accept", "text/plain;version=0.0.4,*/*;q=0.1"},
                                    {"Accept-Encoding", "identity"}};
  const auto result = client.Get(slash == std::string::npos ? "/" : url.substr(slash), headers,
                                 [&](const char* data, std::size_t bytes) {
                                   too_long = reply.body.size() + bytes > max_bytes;
                                   if (too_long || std::chrono::steady_clock::now() > until)
                                     return false;
                                   reply.body.append(data, bytes);
                                   return true;
                                 });
  if (too_long)
    return Error(ErrorCode::exhausted, fmt::format("{}: longer than {} bytes", url, max_bytes));
  if (!result) {
    return Error(ErrorCode::unavailable,
                 fmt::format("{}: no answer ({} failed or took longer than {} ms)", url,
                             httplib::to_string(result.error()), deadline.count()));
  }
  reply.status = result->status;
  return reply;
} catch (const std::exception& problem) {
  return Error(ErrorCode::io, fmt::format("{}: {}", url, problem.what()));
}

}  // namespace foreshock

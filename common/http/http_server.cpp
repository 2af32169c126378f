#include "common/http/http_server.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "common/base/assert.h"
#include "common/http/unix_listener.h"
#include "common/http/url.h"
#include "common/sync/named_thread.h"

namespace foreshock {

namespace {

constexpr std::size_t kWorkers = 4;
constexpr std::size_t kMaxWaitingConnections = 16;
constexpr std::size_t kMaxBodyBytes = std::size_t{1} << 20;
/// Also keeps the library's regular expressions, which recurse once a character, off long inputs.
constexpr std::size_t kMaxTargetBytes = 4096;
constexpr auto kClientTimeout =
    std::chrono::seconds(2);  ///< between two pieces of a request or of an answer
constexpr auto kRetry = std::chrono::milliseconds(100);  ///< after accept() has failed

std::string make_error_body(std::string_view code, std::string_view message) {
  const nlohmann::json body = {{"error", {{"code", code}, {"message", message}}}};
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return 400;
    case ErrorCode::permission_denied:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::exhausted:
      return 429;
    case ErrorCode::unsupported:
      return 501;
    case ErrorCode::unavailable:
      return 503;
    case ErrorCode::corrupt:
    case ErrorCode::io:
      break;
  }
  return 500;
}

/// The words of statuses that the library answers with by itself.
std::string_view word_of(int status) {
  switch (status) {
    case 404:
      return "not_found";
    case 413:
      return "exhausted";
    case 500:
      return "internal";
    default:
      return "invalid_argument";
  }
}

struct Route {
  std::string method;
  std::vector<std::string> segments;
  HttpServer::Handler handler;
};

/// Whether the route's pattern fits; fills in its ":name" parts.
bool matches(const Route& route, const std::vector<std::string>& segments,
             std::map<std::string, std::string>& parameters) {
  if (route.segments.size() != segments.size()) return false;
  std::map<std::string, std::string> found;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string& pattern = route.segments[i];
    if (pattern.starts_with(':') && !segments[i].empty()) {
      found[pattern.substr(1)] = segments[i];
    } else if (pattern != segments[i]) {
      return false;
    }
  }
  parameters = std::move(found);
  return true;
}

HttpResponse call(const Route& route, const HttpRequest& request) try {
  return route.handler(request);
} catch (const std::exception& problem) {
  return {500, make_error_body("internal", problem.what())};
} catch (...) {
  return {500, make_error_body("internal", "unknown exception")};
}

HttpRequest make_request(const httplib::Request& raw, const UrlTarget& target) {
  HttpRequest request;
  request.method = raw.method == "HEAD" ? "GET" : raw.method;
  for (const auto& segment : target.segments) request.path += "/" + segment;
  request.query = target.query;
  request.body = raw.body;
  return request;
}

HttpResponse answer(const std::vector<Route>& routes, const httplib::Request& raw) {
  const auto target = parse_target(raw.target);
  if (!target)
    return {400, make_error_body("invalid_argument", "the path or query is not properly encoded")};
  HttpRequest request = make_request(raw, *target);
  bool other_method = false;
  for (const auto& route : routes) {
    if (!matches(route, target->segments, request.path_parameters)) continue;
    if (route.method == request.method) return call(route, request);
    other_method = true;
  }
  if (other_method) {
    return {405, make_error_body("invalid_argument",
                                 fmt::format("{} cannot be {}", request.path, request.method))};
  }
  return {404, make_error_body("not_found", fmt::format("there is no {}", request.path))};
}

/// A few threads and a short queue. When it is full the accepting thread waits, so that further
/// clients wait in the kernel's backlog and cost this process nothing.
class WorkerQueue final : public httplib::TaskQueue {
 public:
  explicit WorkerQueue(std::stop_token stop) : stop_(std::move(stop)) {
    for (std::size_t i = 0; i < kWorkers; ++i) {
      workers_.push_back(start_thread("http", [this](std::stop_token end) { work(end); }));
    }
  }

  void enqueue(std::function<void()> job) override {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop_, [this] { return jobs_.size() < kMaxWaitingConnections; });
      jobs_.push_back(std::move(job));
    }
    changed_.notify_all();
  }

  void shutdown() override {
    for (auto& worker : workers_) worker.request_stop();
    workers_.clear();
  }

 private:
  void work(const std::stop_token& end) {
    while (auto job = next(end)) {
      changed_.notify_all();
      (*job)();
    }
  }

  /// Jobs that are still there at the end are done as well: they close their connections.
  std::optional<std::function<void()>> next(const std::stop_token& end) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, end, [this] { return !jobs_.empty(); });
    if (jobs_.empty()) return std::nullopt;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

  const std::stop_token stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::jthread> workers_;
};

/// The library's server on a socket that we made, so that its mode, group and errors are ours.
class AdoptingServer final : public httplib::Server {
 public:
  void serve(int listening_fd) {
    svr_sock_ = listening_fd;
    listen_after_bind();
  }
};

}  // namespace

HttpResponse make_error_response(const Error& error) {
  return {status_of(error.code()), make_error_body(to_string(error.code()), error.message())};
}

struct HttpServer::Impl {
  std::vector<Route> routes;
  AdoptingServer server;
  std::stop_source stop;
  std::optional<UnixListener> listener;
  std::jthread acceptor;

  void configure();
  void accept_until(const std::stop_token& end);
};

void HttpServer::Impl::configure() {
  server.new_task_queue = [this] { return new WorkerQueue(stop.get_token()); };
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(kClientTimeout.count());
  server.set_read_timeout(kClientTimeout);
  server.set_write_timeout(kClientTimeout);
  server.set_payload_max_length(kMaxBodyBytes);
  server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    if (request.target.size() <= kMaxTargetBytes)
      return httplib::Server::HandlerResponse::Unhandled;
    response.status = 414;
    return httplib::Server::HandlerResponse::Handled;
  });
  const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
    const HttpResponse ours = answer(routes, request);
    response.status = ours.status;
    response.set_content(ours.body, ours.content_type);
  };
  server.Get(".*", handle)
      .Post(".*", handle)
      .Put(".*", handle)
      .Patch(".*", handle)
      .Delete(".*", handle);
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (!response.body.empty()) return;
    const auto message = fmt::format("the request was not accepted (status {})", response.status);
    response.set_content(make_error_body(word_of(response.status), message), "application/json");
  });
}

/// The library gives up when accept() fails, for example while the system is out of descriptors; we
/// do not before the end, when stop() lets it fail.
void HttpServer::Impl::accept_until(const std::stop_token& end) {
  while (!end.stop_requested()) {
    const int copy = ::fcntl(listener->fd(), F_DUPFD_CLOEXEC, 0);
    if (copy >= 0) server.serve(copy);
    if (!end.stop_requested()) std::this_thread::sleep_for(kRetry);
  }
}

HttpServer::HttpServer() : impl_(std::make_unique<Impl>()) {
  impl_->configure();
}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::route(const std::string& method, const std::string& pattern, Handler handler) {
  FS_ASSERT(!impl_->acceptor.joinable());
  const auto target = parse_target(pattern);
  FS_ASSERT(target.has_value());
  impl_->routes.push_back({method, target->segments, std::move(handler)});
}

Result<void> HttpServer::listen_unix(const std::string& socket_path, const std::string& group) {
  FS_ASSERT(!impl_->acceptor.joinable());
  FS_TRY(auto listener, UnixListener::bind(socket_path, group));
  impl_->listener.emplace(std::move(listener));
  impl_->acceptor = start_thread(
      "http-accept", [this](std::stop_token) { impl_->accept_until(impl_->stop.get_token()); });
  return {};
}

void HttpServer::stop() {
  impl_->stop.request_stop();
  if (impl_->listener) ::shutdown(impl_->listener->fd(), SHUT_RDWR);  // accept() returns
  if (impl_->acceptor.joinable()) impl_->acceptor.join();
  impl_->listener.reset();
}

}  // namespace foreshock

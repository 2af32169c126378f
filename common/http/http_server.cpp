#include "common/http/http_server.h"

#include <chrono>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fcntl.h>

#include "common/base/assert.h"
#include "common/http/route_table.h"
#include "common/http/unix_listener.h"
#include "common/sync/named_thread.h"

namespace foreshock {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

using Unix = asio::local::stream_protocol;
using UnixStream = beast::basic_stream<Unix>;
using ErrorStatus = beast::error_code;

constexpr std::size_t kWorkers = 4;
constexpr std::size_t kMaxConnections = 20;
constexpr std::size_t kMaxBodyBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxTargetBytes = 4096;
constexpr std::uint32_t kMaxHeaderBytes = 16384;
constexpr auto kRequestDeadline = std::chrono::seconds(5);
constexpr auto kAnswerDeadline = std::chrono::seconds(10);  ///< also bounds how long stop() takes
constexpr auto kRetry = std::chrono::milliseconds(100);     ///< after accept() has failed

/// Not: it ended too early, or took too long.
bool is_malformed(ErrorStatus status) {
  const auto& of_http = http::make_error_code(http::error::bad_method).category();
  return status.category() == of_http && status != http::error::end_of_stream &&
         status != http::error::partial_message;
}

}  // namespace

/// One thread, `io`, accepts, reads and writes for all clients, so that a slow one holds nobody up;
/// handlers, which may look something up in a database, run on threads of their own.
struct HttpServer::Impl {
  class Connection;

  RouteTable routes;
  asio::io_context io;
  asio::io_context handlers;
  Unix::acceptor acceptor{io};
  asio::steady_timer retry{io};
  std::set<Connection*> connections;
  bool is_full = false;
  bool is_stopping = false;
  std::optional<UnixListener> listener;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> more_to_handle;
  std::vector<std::jthread> workers;
  std::jthread io_thread;

  Result<void> start(const std::string& socket_path, const std::string& group);
  void stop();
  void accept_next();
  void take_in(Unix::socket socket);
  void leave(Connection* connection);
};

/// A client: its request is read, answered by a handler and written, and that was it. Lives as long
/// as something is under way.
class HttpServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Unix::socket socket, Impl& server) : stream_(std::move(socket)), server_(server) {
    server_.connections.insert(this);
    parser_.header_limit(kMaxHeaderBytes);
    parser_.body_limit(kMaxBodyBytes);
  }
  ~Connection() { server_.leave(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// In two steps: read at once, the parser takes a body beyond its limit for more of the header.
  void read() {
    stream_.expires_after(kRequestDeadline);
    http::async_read_header(
        stream_, buffer_, parser_,
        [self = shared_from_this()](ErrorStatus status, std::size_t) { self->on_header(status); });
  }

  /// Hangs up unless the request is there already.
  void abandon() {
    if (!is_asked_) stream_.cancel();
  }

 private:
  void on_header(ErrorStatus status) {
    if (status) return refuse(status);
    if (parser_.get().target().size() > kMaxTargetBytes)
      return write(make_refusal(414, "invalid_argument", "the path and query are too long"));
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](ErrorStatus body_status, std::size_t) {
                       if (body_status) return self->refuse(body_status);
                       self->handle();
                     });
  }

  /// A client that has gone, or is too slow, hears nothing more.
  void refuse(ErrorStatus status) {
    if (status == http::error::body_limit)
      return write(make_refusal(413, "exhausted", "the request's body is too long"));
    if (status == http::error::header_limit || status == http::error::buffer_overflow)
      return write(make_refusal(431, "exhausted", "the request's header is too long"));
    if (is_malformed(status))
      return write(make_refusal(400, "invalid_argument", "not a request of HTTP/1.1"));
  }

  void handle() {
    is_asked_ = true;
    // The guard keeps the writing end running until the answer is there.
    auto answering = [self = shared_from_this(),
                      guard = asio::make_work_guard(server_.io)]() mutable {
      auto& request = self->parser_.get();
      const auto target = request.target();
      auto response = self->server_.routes.answer(std::string(request.method_string()),
                                                  std::string_view(target.data(), target.size()),
                                                  std::move(request.body()));
      auto& writer = self->server_.io;
      asio::post(writer, [self = std::move(self), response = std::move(response)]() mutable {
        self->write(std::move(response));
      });
    };
    asio::post(server_.handlers, std::move(answering));
  }

  void write(HttpResponse response) {
    is_asked_ = true;
    answer_.version(11);
    answer_.result(static_cast<unsigned>(response.status));
    answer_.set(http::field::content_type, response.content_type);
    answer_.keep_alive(false);
    answer_.content_length(response.body.size());
    if (parser_.get().method() != http::verb::head) answer_.body() = std::move(response.body);
    stream_.expires_after(kAnswerDeadline);
    http::async_write(stream_, answer_, [self = shared_from_this()](ErrorStatus, std::size_t) {
      self->stream_.close();
    });
  }

  UnixStream stream_;
  Impl& server_;
  beast::flat_buffer buffer_{kMaxHeaderBytes + kMaxBodyBytes};
  http::request_parser<http::string_body> parser_;
  http::response<http::string_body> answer_;
  bool is_asked_ = false;
};

Result<void> HttpServer::Impl::start(const std::string& socket_path, const std::string& group) {
  FS_TRY(auto bound, UnixListener::bind(socket_path, group));
  // The acceptor closes its descriptor; the listener keeps its own for the sake of its file.
  const int copy = ::fcntl(bound.fd(), F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return error_from_errno("listen on socket " + socket_path);
  listener.emplace(std::move(bound));
  acceptor.assign(Unix(), copy);
  more_to_handle.emplace(handlers.get_executor());
  for (std::size_t i = 0; i < kWorkers; ++i)
    workers.push_back(start_thread("http", [this](std::stop_token) { handlers.run(); }));
  accept_next();
  io_thread = start_thread("http-io", [this](std::stop_token) { io.run(); });
  return {};
}

/// Beyond a number of clients further ones wait in the kernel's backlog and cost this process
/// nothing.
void HttpServer::Impl::accept_next() {
  is_full = connections.size() >= kMaxConnections;
  if (is_full || is_stopping) return;
  acceptor.async_accept([this](ErrorStatus status, Unix::socket socket) {
    if (is_stopping) return;
    if (!status) {
      take_in(std::move(socket));
      accept_next();
    } else {  // for example, the system is out of descriptors
      retry.expires_after(kRetry);
      retry.async_wait([this](ErrorStatus) { accept_next(); });
    }
  });
}

void HttpServer::Impl::take_in(Unix::socket socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  std::make_shared<Connection>(std::move(socket), *this)->read();
}

void HttpServer::Impl::leave(Connection* connection) {
  connections.erase(connection);
  if (is_full) accept_next();
}

void HttpServer::Impl::stop() {
  if (!io_thread.joinable()) return;
  asio::post(io, [this] {
    is_stopping = true;
    acceptor.close();
    retry.cancel();
    for (Connection* connection : connections) connection->abandon();
  });
  io_thread.join();
  more_to_handle.reset();
  workers.clear();
  listener.reset();
}

HttpServer::HttpServer() : impl_(std::make_unique<Impl>()) {}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::route(const std::string& method, const std::string& pattern, Handler handler) {
  FS_ASSERT(!impl_->listener.has_value());
  impl_->routes.add(method, pattern, std::move(handler));
}

Result<void> HttpServer::listen_unix(const std::string& socket_path, const std::string& group) {
  FS_ASSERT(!impl_->io_thread.joinable());
  return impl_->start(socket_path, group);
}

void HttpServer::stop() {
  impl_->stop();
}

}  // namespace foreshock

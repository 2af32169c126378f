#include "common/http/http_client.h"

#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "common/http/unix_listener.h"

namespace foreshock {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

using Unix = asio::local::stream_protocol;
using asio::ip::tcp;
using ErrorStatus = beast::error_code;
using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;

constexpr auto kAnswerTimeout = std::chrono::seconds(30);
constexpr std::size_t kMaxOwnAnswerBytes = std::size_t{1} << 30;

Request make_request(const std::string& method, const std::string& path, const std::string& host) {
  Request request(http::verb::get, path, 11);
  request.method_string(method);
  request.set(http::field::host, host);
  request.keep_alive(false);
  return request;
}

/// Sends the request and reads the answer, before the stream's deadline. An answer counts although
/// the request could not be sent whole: that is how a server refuses a long one.
template <typename Stream>
ErrorStatus exchange(asio::io_context& io, Stream& stream, const Request& request, Parser& parser) {
  beast::flat_buffer buffer;
  ErrorStatus result;
  const auto on_body = [&](ErrorStatus status, std::size_t) { result = status; };
  // In two steps: read at once, this parser forgets that the length told is beyond its limit.
  const auto on_header = [&](ErrorStatus status, std::size_t) {
    result = status;
    if (!status) http::async_read(stream, buffer, parser, on_body);
  };
  const auto on_sent = [&](ErrorStatus status, std::size_t) {
    result = status;
    if (status != beast::error::timeout) http::async_read_header(stream, buffer, parser, on_header);
  };
  http::async_write(stream, request, on_sent);
  io.restart();
  io.run();
  return result;
}

HttpReply to_reply(Parser& parser) {
  return {static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

std::string words_for(ErrorStatus status, std::chrono::milliseconds deadline) {
  if (status == beast::error::timeout) return fmt::format("none within {} ms", deadline.count());
  return status.message();
}

/// "http://host:port/path" taken apart.
struct HttpUrl {
  std::string host;  ///< without the brackets of an IPv6 address
  std::string port;
  std::string authority;  ///< as it was written
  std::string path;
};

std::optional<HttpUrl> parse_url(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::string_view authority = url.substr(0, url.find_first_of("/?"));
  const std::string_view path = url.substr(authority.size());
  const auto bracket = authority.find(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = authority.substr(0, colon);
  const std::string_view port =
      colon == std::string_view::npos ? "80" : authority.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || authority.find('@') != std::string_view::npos || port.empty() ||
      port.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return HttpUrl{std::string(host), std::string(port), std::string(authority),
                 path.starts_with('/') ? std::string(path) : "/" + std::string(path)};
}

ErrorStatus connect(asio::io_context& io, beast::tcp_stream& stream, const HttpUrl& to) {
  ErrorStatus status;
  const auto addresses = tcp::resolver(io).resolve(to.host, to.port, status);
  if (status) return status;
  stream.async_connect(addresses,
                       [&](ErrorStatus connected, const tcp::endpoint&) { status = connected; });
  io.restart();
  io.run();
  return status;
}

}  // namespace

Result<HttpReply> http_over_unix(const std::string& socket_path, const std::string& method,
                                 const std::string& path, const std::string& body) try {
  FS_TRY(auto connection, connect_unix(socket_path));
  asio::io_context io;
  beast::basic_stream<Unix> stream(io);
  stream.socket().assign(Unix(), connection.release());
  auto request = make_request(method, path, "localhost");
  if (!body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = body;
  }
  request.prepare_payload();
  Parser parser;
  parser.body_limit(kMaxOwnAnswerBytes);
  if (method == "HEAD") parser.skip(true);
  stream.expires_after(kAnswerTimeout);
  if (const auto status = exchange(io, stream, request, parser)) {
    return Error(ErrorCode::unavailable,
                 fmt::format("{}: no answer to {} {} ({})", socket_path, method, path,
                             words_for(status, kAnswerTimeout)));
  }
  return to_reply(parser);
} catch (const std::exception& problem) {
  return Error(ErrorCode::io,
               fmt::format("{}: {} {}: {}", socket_path, method, path, problem.what()));
}

Result<HttpReply> http_get(const std::string& url, std::chrono::milliseconds deadline,
                           std::size_t max_bytes) try {
  const auto to = parse_url(url);
  if (!to) return Error(ErrorCode::invalid_argument, url + ": expected http://HOST[:PORT]/PATH");
  asio::io_context io;
  beast::tcp_stream stream(io);
  stream.expires_after(deadline);
  auto status = connect(io, stream, *to);
  Parser parser;
  parser.body_limit(max_bytes);
  if (!status) {
    auto request = make_request("GET", to->path, to->authority);
    request.set(http::field::accept, "text/plain;version=0.0.4,*/*;q=0.1");
    status = exchange(io, stream, request, parser);
  }
  if (status == http::error::body_limit)
    return Error(ErrorCode::exhausted, fmt::format("{}: longer than {} bytes", url, max_bytes));
  if (status) {
    return Error(ErrorCode::unavailable,
                 fmt::format("{}: no answer ({})", url, words_for(status, deadline)));
  }
  return to_reply(parser);
} catch (const std::exception& problem) {
  return Error(ErrorCode::io, fmt::format("{}: {}", url, problem.what()));
}

}  // namespace foreshock

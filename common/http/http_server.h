#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"

namespace foreshock {

struct HttpRequest {
  std::string method;
  std::string path;
  std::map<std::string, std::string> query;
  std::map<std::string, std::string> path_parameters;  ///< of the route's ":name" parts
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
};

/// {"error": {"code": …, "message": …}} with the status that fits the code.
HttpResponse make_error_response(const Error& error);

/// HTTP on a Unix socket. Handlers run on the server's own threads, one request each at a time per connection.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  HttpServer();
  ~HttpServer();

  /// `pattern` may hold ":name" parts: "/v1/decisions/:id".
  void route(const std::string& method, const std::string& pattern, Handler handler);

  /// Binds the socket (mode 0660, group `group` when it exists, a stale socket file removed, a live one an
  /// error "already in use"), then serves on its own thread until stop() or destruction.
  Result<void> listen_unix(const std::string& socket_path, const std::string& group);
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock

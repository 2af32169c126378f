#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"

namespace foreshock {

struct HttpRequest {
  std::string method;
  std::string path;                                    ///< decoded
  std::map<std::string, std::string> query;            ///< decoded
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

/// HTTP on a Unix socket. Handlers run on the server's own few threads, several at a time; what
/// they throw is a 500. One request a connection; bodies up to 1 MiB; a client that stalls for
/// seconds is hung up on.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  HttpServer();
  ~HttpServer();

  /// Before listen_unix(). `pattern` may hold ":name" parts: "/v1/decisions/:id"; of two that fit
  /// the first counts. HEAD is answered by GET's handler.
  void route(const std::string& method, const std::string& pattern, Handler handler);

  /// Binds the socket (mode 0660, group `group` when it exists, a stale socket file removed, a live
  /// one an error "already in use"), then serves on its own thread until stop() or destruction.
  /// Once.
  Result<void> listen_unix(const std::string& socket_path, const std::string& group);
  /// Requests under way are finished; for good.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock

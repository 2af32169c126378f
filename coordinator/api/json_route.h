#pragma once

#include <functional>
#include <string>

#include "common/http/http_server.h"

namespace foreshock::coordinator {

/// A route whose body is JSON; an error becomes the reply that fits its code. As
/// HttpServer::route().
inline void add_json_route(HttpServer& server, const std::string& method,
                           const std::string& pattern,
                           std::function<Result<std::string>(const HttpRequest&)> handler) {
  server.route(method, pattern, [handler = std::move(handler)](const HttpRequest& request) {
    const auto body = handler(request);
    return body ? HttpResponse{200, *body, "application/json"} : make_error_response(body.error());
  });
}

}  // namespace foreshock::coordinator

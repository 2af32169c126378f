#include "common/http/route_table.h"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/assert.h"
#include "common/http/url.h"

namespace foreshock {

namespace {

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

}  // namespace

HttpResponse make_refusal(int status, std::string_view word, std::string_view message) {
  const nlohmann::json body = {{"error", {{"code", word}, {"message", message}}}};
  return {status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

HttpResponse make_error_response(const Error& error) {
  return make_refusal(status_of(error.code()), to_string(error.code()), error.message());
}

void RouteTable::add(const std::string& method, const std::string& pattern,
                     HttpServer::Handler handler) {
  const auto target = parse_target(pattern);
  FS_ASSERT(target.has_value());
  routes_.push_back({method, target->segments, std::move(handler)});
}

HttpResponse RouteTable::answer(const std::string& method, std::string_view target,
                                std::string body) const {
  const auto parsed = parse_target(target);
  if (!parsed)
    return make_refusal(400, "invalid_argument", "the path or query is not properly encoded");
  HttpRequest request;
  request.method = method == "HEAD" ? "GET" : method;
  for (const auto& segment : parsed->segments) request.path += "/" + segment;
  request.query = parsed->query;
  request.body = std::move(body);
  bool other_method = false;
  for (const Route& route : routes_) {
    if (!matches(route, parsed->segments, request.path_parameters)) continue;
    if (route.method == request.method) return call(route, request);
    other_method = true;
  }
  if (other_method) {
    return make_refusal(405, "invalid_argument",
                        fmt::format("{} cannot be {}", request.path, request.method));
  }
  return make_refusal(404, "not_found", fmt::format("there is no {}", request.path));
}

/// Whether the route's pattern fits; fills in its ":name" parts.
bool RouteTable::matches(const Route& route, const std::vector<std::string>& segments,
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

HttpResponse RouteTable::call(const Route& route, const HttpRequest& request) try {
  return route.handler(request);
} catch (const std::exception& problem) {
  return make_refusal(500, "internal", problem.what());
} catch (...) {
  return make_refusal(500, "internal", "unknown exception");
}

}  // namespace foreshock

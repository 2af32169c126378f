#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/http/http_server.h"

namespace foreshock {

/// Which handler answers which request, and what is answered where none does.
class RouteTable {
 public:
  /// `pattern` may hold ":name" parts; of two routes that fit the first counts.
  void add(const std::string& method, const std::string& pattern, HttpServer::Handler handler);

  /// @param target  as it was sent: path and query, still encoded
  /// What the handler throws is a 500, a target that is not properly encoded a 400.
  HttpResponse answer(const std::string& method, std::string_view target, std::string body) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    HttpServer::Handler handler;
  };
  static bool matches(const Route& route, const std::vector<std::string>& segments,
                      std::map<std::string, std::string>& parameters);
  static HttpResponse call(const Route& route, const HttpRequest& request);

  std::vector<Route> routes_;
};

/// The answer to a request that reaches no handler: `word` is the error's code.
HttpResponse make_refusal(int status, std::string_view word, std::string_view message);

}  // namespace foreshock

#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "common/base/result.h"

namespace foreshock {

struct HttpReply {
  int status = 0;
  std::string body;
};

/// One request over a Unix socket. `path` is sent as it is: its parts were escaped with
/// encode_url(). A socket that is not there or refuses is `unavailable` and says which service is
/// not running; so is a service that does not answer in time. Blocks for up to half a minute.
Result<HttpReply> http_over_unix(const std::string& socket_path, const std::string& method,
                                 const std::string& path, const std::string& body = "");

/// GET of "http://host:port/path", the body bounded. Errors name the URL: `unavailable` when there
/// is no answer within the deadline, `invalid_argument` for another kind of URL, `exhausted` beyond
/// `max_bytes`.
Result<HttpReply> http_get(const std::string& url, std::chrono::milliseconds deadline,
                           std::size_t max_bytes);

}  // namespace foreshock

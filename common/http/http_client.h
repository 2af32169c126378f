#pragma once

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

}  // namespace foreshock

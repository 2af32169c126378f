#pragma once

#include <string>

#include "common/base/result.h"

namespace foreshock {

struct HttpReply {
  int status = 0;
  std::string body;
};

/// One request over a Unix socket. A socket that is not there or refuses says which service is not running.
Result<HttpReply> http_over_unix(const std::string& socket_path, const std::string& method, const std::string& path,
                                 const std::string& body = "");

}  // namespace foreshock

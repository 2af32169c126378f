#pragma once

#include <mutex>

#include "common/http/http_server.h"
#include "coordinator/history/binary_reader.h"

namespace foreshock::coordinator {

/// GET /v1/binaries?text&limit: what the executed binaries are like, those seen last first. The
/// reader is borrowed and outlives it, and it outlives the server.
class BinaryRoutes {
 public:
  explicit BinaryRoutes(BinaryReader& binaries) : binaries_(binaries) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> list(const HttpRequest& request);

  BinaryReader& binaries_;
  std::mutex reader_mutex_;  ///< guards binaries_
};

}  // namespace foreshock::coordinator

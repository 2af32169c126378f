#pragma once

#include <string>

#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "coordinator/model/learned_state.h"

namespace foreshock::coordinator {

/// GET /v1/calendars: the sources of outside knowledge, how they are and whether they help. What it
/// is given outlives it, and it outlives the server.
class CalendarRoutes {
 public:
  explicit CalendarRoutes(const Snapshot<LearnedState>& learned) : learned_(learned) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> get(const HttpRequest& request);

  const Snapshot<LearnedState>& learned_;
};

}  // namespace foreshock::coordinator

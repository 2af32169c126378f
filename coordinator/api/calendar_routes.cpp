#include "coordinator/api/calendar_routes.h"

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"

namespace foreshock::coordinator {

namespace {

Json calendar_json(const CalendarState& state) {
  return {{"name", state.name},
          {"kind", state.kind},
          {"source", state.source},
          {"loaded", time_json(state.loaded)},
          {"problem", state.problem.empty() ? Json() : Json(state.problem)},
          {"events", state.events},
          {"next_event", time_json(state.next_event)},
          {"series", state.series},
          {"helped", state.helped},
          {"usefulness", number_json(state.usefulness)}};
}

}  // namespace

void CalendarRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/calendars",
                 [this](const HttpRequest& request) { return get(request); });
}

Result<std::string> CalendarRoutes::get(const HttpRequest& request) {
  FS_CHECK(QueryReader(request).finish());
  Json rows = Json::array();
  const auto learned = learned_.read();
  for (const CalendarState& state : learned->calendars) rows.push_back(calendar_json(state));
  return dump({{"calendars", std::move(rows)}});
}

}  // namespace foreshock::coordinator

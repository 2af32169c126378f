#include "coordinator/api/session_routes.h"

#include <optional>
#include <string>
#include <utility>

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

Json session_json(const Session& session, const HostNames& names) {
  Json next = Json::array();
  for (const auto& one : session.next)
    next.push_back({{"command", one.command}, {"likelihood", number_json(one.likelihood)}});
  return {{"host", name_of(session.host, names)},
          {"uid", session.uid},
          {"last_seen", time_json(session.last_seen)},
          {"commands", session.commands},
          {"last_command", session.last_command},
          {"next", std::move(next)},
          {"kind", to_string(session.kind)},
          {"surprise_bits", number_json(session.surprise_bits)},
          {"usual_bits", number_json(session.usual_bits)},
          {"unusual", number_json(session.unusual)},
          {"masquerade", session.masquerade ? number_json(*session.masquerade) : Json()}};
}

}  // namespace

void SessionRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/sessions",
                 [this](const HttpRequest& request) { return get(request); });
}

Result<std::string> SessionRoutes::get(const HttpRequest& request) const {
  QueryReader query(request);
  const auto host_name = query.text("host");
  const auto uid = query.text("uid");
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(const auto host, find_optional_host(host_name, names));
  Json sessions = Json::array();
  const auto live = parts_.live.read();
  for (const auto& session : live->sessions) {
    if (host && session.host != *host) continue;
    if (uid && std::to_string(session.uid) != *uid) continue;
    sessions.push_back(session_json(session, names));
  }
  return dump({{"sessions", std::move(sessions)}});
}

}  // namespace foreshock::coordinator

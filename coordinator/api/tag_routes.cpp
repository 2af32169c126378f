#include "coordinator/api/tag_routes.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"
#include "coordinator/api/series_lookup.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxValueBytes = 200;

Result<std::string> check_key(const std::optional<std::string>& key) {
  if (key && is_tag_key(*key)) return *key;
  return Error(ErrorCode::invalid_argument, fmt::format("parameter key: {}", kTagKeyRule));
}

Result<std::string> check_value(const std::optional<std::string>& value) {
  const auto is_odd = [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '='; };
  if (value && !value->empty() && value->size() <= kMaxValueBytes &&
      std::ranges::none_of(*value, is_odd))
    return *value;
  return Error(ErrorCode::invalid_argument,
               fmt::format("parameter value: expected 1 to {} printable bytes without \"=\"",
                           kMaxValueBytes));
}

}  // namespace

void TagRoutes::add_to(HttpServer& server) {
  const auto add = [&](const char* method, const char* path, auto handler) {
    add_json_route(server, method, path, [this, handler](const HttpRequest& request) {
      return (this->*handler)(request);
    });
  };
  add("GET", "/v1/tags/proposals", &TagRoutes::proposals);
  add("POST", "/v1/tags/lock", &TagRoutes::lock);
  add("POST", "/v1/tags/unlock", &TagRoutes::unlock);
  add("POST", "/v1/tags/reject", &TagRoutes::reject);
}

TagRoutes::Body TagRoutes::proposals(const HttpRequest& request) const {
  QueryReader query(request);
  const auto workload = query.text("workload");
  FS_CHECK(query.finish());
  FS_TRY(const auto names, parts_.host_names());
  auto proposals = parts_.learned.read()->tag_proposals;
  std::erase_if(proposals,
                [&](const Tag& tag) { return workload && tag.workload.cgroup != *workload; });
  return render_tags(proposals, names);
}

Result<TagChoice> TagRoutes::read_choice(const HttpRequest& request, bool has_value) const {
  QueryReader query(request);
  const auto host_name = query.text("host");
  TagChoice choice;
  choice.workload.cgroup = query.text("workload").value_or("");
  const auto key = query.text("key");
  const auto value = has_value ? query.text("value") : std::nullopt;
  FS_CHECK(query.finish());
  FS_TRY(choice.key, check_key(key));
  if (has_value) {
    FS_TRY(choice.value, check_value(value));
  }
  FS_TRY(const auto names, parts_.host_names());
  FS_TRY(choice.workload.host, find_only_host(host_name, names));
  return choice;
}

TagRoutes::Body TagRoutes::answer(const TagChoice& choice, std::string_view state) const {
  FS_TRY(const auto names, parts_.host_names());
  return dump({{"host", name_of(choice.workload.host, names)},
               {"cgroup", choice.workload.cgroup},
               {"key", choice.key},
               {"value", choice.value.empty() ? Json() : Json(choice.value)},
               {"state", state}});
}

TagRoutes::Body TagRoutes::lock(const HttpRequest& request) {
  FS_TRY(const auto choice, read_choice(request, true));
  FS_CHECK(parts_.store.lock(choice.workload, choice.key, choice.value));
  return answer(choice, "locked");
}

TagRoutes::Body TagRoutes::unlock(const HttpRequest& request) {
  FS_TRY(const auto choice, read_choice(request, false));
  FS_CHECK(parts_.store.unlock(choice.workload, choice.key));
  return answer(choice, "unlocked");
}

TagRoutes::Body TagRoutes::reject(const HttpRequest& request) {
  FS_TRY(const auto choice, read_choice(request, true));
  FS_CHECK(parts_.store.reject(choice.workload, choice.key, choice.value));
  return answer(choice, "rejected");
}

}  // namespace foreshock::coordinator

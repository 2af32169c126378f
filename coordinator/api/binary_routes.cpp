#include "coordinator/api/binary_routes.h"

#include <utility>

#include <fmt/format.h>

#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kUsualRows = 100;
constexpr std::size_t kMostRows = 10'000;

Json binary_json(const BinaryRow& row) {
  const BinaryProfile& profile = row.profile;
  const BinaryTraits& traits = profile.traits;
  Json mix = Json::object();
  for (std::size_t i = 0; i < traits.mix.size(); ++i)
    mix[std::string(to_string(static_cast<OpcodeKind>(i)))] = number_json(traits.mix.at(i));
  return {{"id", fmt::format("{:016x}", profile.id)},
          {"path", profile.path},
          {"build_id", profile.build_id},
          {"file_bytes", traits.file.count},
          {"text_bytes", traits.text.count},
          {"instructions", traits.instructions},
          {"mix", std::move(mix)},
          {"cycles_per_instruction", number_json(traits.cycles)},
          {"complexity", number_json(traits.complexity)},
          {"imports", traits.imports},
          {"libraries", profile.libraries},
          {"last_seen", time_json(row.last_seen)}};
}

}  // namespace

void BinaryRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/binaries",
                 [this](const HttpRequest& request) { return list(request); });
}

Result<std::string> BinaryRoutes::list(const HttpRequest& request) {
  QueryReader query(request);
  const BinaryQuery wanted{.text = query.text("text").value_or(""),
                           .limit = query.count("limit", kUsualRows, kMostRows)};
  FS_CHECK(query.finish());
  const std::lock_guard lock(reader_mutex_);
  FS_TRY(const auto rows, binaries_.list(wanted));
  Json list = Json::array();
  for (const BinaryRow& row : rows) list.push_back(binary_json(row));
  return dump({{"binaries", std::move(list)}});
}

}  // namespace foreshock::coordinator

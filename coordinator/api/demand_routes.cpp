#include "coordinator/api/demand_routes.h"

#include "common/signature/signature.h"
#include "coordinator/api/json.h"
#include "coordinator/api/json_route.h"
#include "coordinator/api/query_reader.h"

namespace foreshock::coordinator {

namespace {

Json prediction_json(DemandTarget target, const DemandPrediction& prediction) {
  Json reasons = Json::array();
  for (const auto& reason : prediction.reasons)
    reasons.push_back({{"feature", reason.feature}, {"factor", number_json(reason.factor)}});
  const auto& quantiles = prediction.quantiles;
  return {{"target", to_string(target)},      {"q05", number_json(quantiles[1])},
          {"q10", number_json(quantiles[2])}, {"q50", number_json(quantiles[3])},
          {"q90", number_json(quantiles[4])}, {"q95", number_json(quantiles[5])},
          {"model", prediction.model},        {"support", prediction.support},
          {"reasons", std::move(reasons)}};
}

constexpr std::size_t kMostInputFiles = 1'000'000;
constexpr std::size_t kMostInputBytes = std::size_t{1} << 60;

}  // namespace

void DemandRoutes::add_to(HttpServer& server) {
  add_json_route(server, "GET", "/v1/demand",
                 [this](const HttpRequest& request) { return get(request); });
}

Result<std::string> DemandRoutes::get(const HttpRequest& request) const {
  QueryReader query(request);
  const auto command = query.text("command").value_or("");
  DemandQuestion question;
  question.uid = static_cast<std::uint32_t>(query.count("uid", 0, 0xffffffff));
  if (query.text("input_bytes")) {
    question.input_bytes = query.count("input_bytes", 0, kMostInputBytes);
    question.input_files =
        static_cast<std::uint32_t>(query.count("input_files", 1, kMostInputFiles));
    question.largest_input_bytes = *question.input_bytes / std::max(1U, *question.input_files);
  }
  FS_CHECK(query.finish());
  question.argv = split_command_line(command);
  if (question.argv.empty())
    return Error(ErrorCode::invalid_argument, "parameter command: needed, a command line");
  question.signature =
      parts_.signature_rules.read()->name({question.argv.begin(), question.argv.end()}, "").text;
  question.time = parts_.clock.wall_now();

  const auto predictions = parts_.predict(question);
  Json targets = Json::array();
  if (predictions) {
    for (const auto target : kDemandTargets) {
      const auto& prediction = (*predictions)[static_cast<std::size_t>(target)];
      if (prediction.support > 0) targets.push_back(prediction_json(target, prediction));
    }
  }
  return dump(
      {{"command", command}, {"signature", question.signature}, {"targets", std::move(targets)}});
}

}  // namespace foreshock::coordinator

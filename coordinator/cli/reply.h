#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "common/base/clock.h"
#include "common/text/text_table.h"

// Inside coordinator/cli only: JSON types do not leave this folder. All of it throws nlohmann's
// exceptions for replies that are not shaped as they should be; the verb's runner catches them.
namespace foreshock::coordinator {

using Json = nlohmann::json;

/// How a reply is shown.
struct View {
  TextStyle style;
  WallTime now;
};

/// A text, made printable; null is empty.
std::string words_of(const Json& json, const char* key);
/// As it came: for the cells of tables, which are made printable there.
std::string raw_words_of(const Json& json, const char* key);
std::uint64_t count_of(const Json& json, const char* key);
/// Absent when null or not there.
std::optional<double> number_of(const Json& json, const char* key);
/// The epoch when null.
WallTime time_of(const Json& json, const char* key);
/// "12 s ago".
std::string ago_of(const Json& json, const char* key, const View& view);
/// An amount of memory, a number of seconds: for people; "-" when null or not there.
std::string bytes_of(const Json& json, const char* key);
std::string seconds_of(const Json& json, const char* key);
/// A limit of a knob: a number or "max"; "-" when not there.
std::string limit_of(const Json& json, const char* key, const std::string& knob);
/// A value in the unit of its series: "0.25 cores", "512.0 MiB".
std::string describe_amount(std::optional<double> value, const std::string& unit);
/// "/work/x", or "(whole host)" for the empty cgroup.
std::string workload_of(const Json& json);

// One function a verb: the reply as text.
std::string show_status(const Json& reply, const View& view);
std::string show_hosts(const Json& reply, const View& view);
std::string show_workloads(const Json& reply, const View& view);
std::string show_tags(const Json& reply, const View& view);
std::string show_tag_proposals(const Json& reply, const View& view);
std::string show_tag_choice(const Json& reply, const View& view);
std::string show_commands(const Json& reply, const View& view);
std::string show_top(const Json& reply, const View& view);
std::string show_storms(const Json& reply, const View& view);
std::string show_leads(const Json& reply, const View& view);
std::string show_responses(const Json& reply, const View& view);
std::string show_forecast(const Json& reply, const View& view);
std::string show_accuracy(const Json& reply, const View& view);
std::string show_upcoming(const Json& reply, const View& view);
std::string show_app_metrics(const Json& reply, const View& view);
std::string show_app_metric(const Json& reply, const View& view);
std::string show_binaries(const Json& reply, const View& view);
std::string show_anomalies(const Json& reply, const View& view);
std::string show_calendars(const Json& reply, const View& view);
std::string show_models(const Json& reply, const View& view);
std::string show_model(const Json& reply, const View& view);
std::string show_model_state(const Json& reply, const View& view);
std::string show_compared_models(const Json& reply, const View& view);
std::string show_retraining(const Json& reply, const View& view);
std::string show_users(const Json& reply, const View& view);
std::string show_profile(const Json& reply, const View& view);
std::string show_sessions(const Json& reply, const View& view);
std::string show_policies(const Json& reply, const View& view);
std::string show_decisions(const Json& reply, const View& view);
std::string show_decision(const Json& reply, const View& view);
std::string show_demand(const Json& reply, const View& view);
std::string show_reflexes(const Json& reply, const View& view);
std::string show_agents(const Json& reply, const View& view);
std::string show_agent(const Json& reply, const View& view);

}  // namespace foreshock::coordinator

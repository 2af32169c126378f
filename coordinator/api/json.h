#pragma once

#include <chrono>
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/clock.h"
#include "coordinator/api/json_views.h"

// Inside coordinator/api only: how values become JSON.
namespace foreshock::coordinator {

using Json = nlohmann::ordered_json;

/// Command lines and cgroup names need not be UTF-8.
inline std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

inline double seconds_of(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

inline Json time_json(WallTime time) {
  return time == WallTime() ? Json() : Json(format_utc(time));
}

/// JSON has no NaN: unknown is null.
inline Json number_json(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

inline std::string name_of(HostId host, const HostNames& names) {
  const auto found = names.find(host);
  return found == names.end() ? fmt::format("#{}", host) : found->second;
}

}  // namespace foreshock::coordinator

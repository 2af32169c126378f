#include "coordinator/cli/reply.h"

#include <cmath>

#include <fmt/format.h>

#include "common/base/bytes.h"
#include "common/model/command.h"
#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

const Json* find(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

/// Clamped, so that no reply can make the conversion overflow.
std::chrono::nanoseconds to_duration(double seconds) {
  constexpr double kMost = 9e9;
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(std::fmax(-kMost, std::fmin(seconds, kMost)) * 1e9));
}

}  // namespace

std::string raw_words_of(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? "" : value.get<std::string>();
}

std::string words_of(const Json& json, const char* key) {
  return make_printable(raw_words_of(json, key));
}

std::uint64_t count_of(const Json& json, const char* key) {
  return json.at(key).get<std::uint64_t>();
}

std::optional<double> number_of(const Json& json, const char* key) {
  const Json* value = find(json, key);
  if (!value) return std::nullopt;
  return value->get<double>();
}

WallTime time_of(const Json& json, const char* key) {
  return parse_utc(raw_words_of(json, key)).value_or(WallTime());
}

std::string ago_of(const Json& json, const char* key, const View& view) {
  return format_ago(time_of(json, key), view.now);
}

std::string bytes_of(const Json& json, const char* key) {
  const Json* value = find(json, key);
  return value ? format_bytes(value->get<std::uint64_t>()) : "-";
}

std::string seconds_of(const Json& json, const char* key) {
  const auto value = number_of(json, key);
  return value ? format_duration(to_duration(*value)) : "-";
}

std::string limit_of(const Json& json, const char* key, const std::string& knob) {
  const Json* value = find(json, key);
  if (!value) return "-";
  if (value->is_string()) return make_printable(value->get<std::string>());
  return format_knob_value(parse_knob(knob).value_or(Knob::unknown), value->get<std::uint64_t>());
}

std::string describe_amount(std::optional<double> value, const std::string& unit) {
  if (!value) return "-";
  if (unit == "bytes")
    return format_bytes(static_cast<std::uint64_t>(std::fmax(0.0, std::fmin(*value, 1e18))));
  if (unit == "share") return fmt::format("{:.1f} %", *value * 100);
  return fmt::format("{:.2f} {}", *value, make_printable(unit));
}

std::string workload_of(const Json& json) {
  const auto cgroup = raw_words_of(json, "cgroup");
  return cgroup.empty() ? "(whole host)" : cgroup;
}

}  // namespace foreshock::coordinator

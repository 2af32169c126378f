#include "common/model/adjustment.h"

#include <fmt/format.h>

#include "common/base/bytes.h"

namespace foreshock {

std::string_view to_string(Knob knob) {
  switch (knob) {
    case Knob::cpu_max:
      return "cpu_max";
    case Knob::cpu_weight:
      return "cpu_weight";
    case Knob::memory_high:
      return "memory_high";
    case Knob::memory_max:
      return "memory_max";
    case Knob::unknown:
      break;
  }
  return "unknown";
}

std::optional<Knob> parse_knob(std::string_view text) {
  for (const Knob knob : {Knob::cpu_max, Knob::cpu_weight, Knob::memory_high, Knob::memory_max}) {
    if (text == to_string(knob)) return knob;
  }
  return std::nullopt;
}

std::string format_knob_value(Knob knob, KnobValue value) {
  if (!value) return "max";
  switch (knob) {
    case Knob::cpu_max:
      return fmt::format("{}m", *value);
    case Knob::memory_high:
    case Knob::memory_max:
      return format_bytes(*value);
    default:
      return fmt::format("{}", *value);
  }
}

bool is_looser(KnobValue value, KnobValue than) {
  if (!than) return false;
  return !value || *value > *than;
}

}  // namespace foreshock

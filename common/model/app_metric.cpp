#include "common/model/app_metric.h"

#include <array>
#include <utility>

namespace foreshock {

namespace {

constexpr std::array kKinds = {
    std::pair{AppMetricKind::counter, std::string_view("counter")},
    std::pair{AppMetricKind::gauge, std::string_view("gauge")},
    std::pair{AppMetricKind::distribution, std::string_view("distribution")},
    std::pair{AppMetricKind::set, std::string_view("set")},
};

}  // namespace

std::string_view to_string(AppMetricKind kind) {
  for (const auto& [known, word] : kKinds) {
    if (known == kind) return word;
  }
  return "unknown";
}

std::optional<AppMetricKind> parse_app_metric_kind(std::string_view word) {
  for (const auto& [kind, known] : kKinds) {
    if (known == word) return kind;
  }
  return std::nullopt;
}

}  // namespace foreshock

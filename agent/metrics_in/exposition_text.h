#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace foreshock::agent {

/// The page of a scrape target: Prometheus text format 0.0.4, or OpenMetrics 1.0.
struct Exposition {
  struct Sample {
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;  ///< may be infinite or NaN
    bool operator==(const Sample&) const = default;
  };
  std::vector<Sample> samples;
  /// Family → counter, gauge, histogram, summary, …, as its TYPE line says.
  std::map<std::string, std::string, std::less<>> types;
  std::uint64_t not_understood = 0;  ///< lines
  bool cut = false;                  ///< more samples than `most`
};

/// Pure. Timestamps and exemplars are left out: what counts is when we looked.
Exposition parse_exposition(std::string_view text, std::size_t most);

}  // namespace foreshock::agent

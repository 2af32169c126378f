#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/model/report.h"
#include "common/text/text_table.h"

namespace foreshock::agent {

/// Sums by command of what has ended: what a stream of lines came to. Bounded: commands beyond the
/// most are summed as "(other)".
class TopCommands {
 public:
  struct Sum {
    std::string command;  ///< base name of the executed file
    std::uint64_t count = 0;
    std::uint64_t failed = 0;  ///< by exit code or signal
    Nanoseconds cpu{};
    Nanoseconds elapsed{};
    Bytes peak_rss;  ///< of the biggest
    Bytes written;
  };

  explicit TopCommands(std::size_t most = 10'000) : most_(most) {}
  /// `ended`: with its end.
  void add(const Execution& ended);
  /// The first by processor time.
  std::vector<Sum> top(std::size_t count) const;
  std::string render(std::size_t count, const TextStyle& style) const;

 private:
  std::size_t most_;
  std::unordered_map<std::string, Sum> sums_;
};

}  // namespace foreshock::agent

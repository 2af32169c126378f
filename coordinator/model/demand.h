#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/model/binary_profile.h"
#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// What a command needs.
enum class DemandTarget : std::uint8_t {
  cpu_s = 0,
  peak_rss_bytes = 1,
  duration_s = 2,
  io_bytes = 3
};
inline constexpr std::array kDemandTargets = {DemandTarget::cpu_s, DemandTarget::peak_rss_bytes,
                                              DemandTarget::duration_s, DemandTarget::io_bytes};
std::string_view to_string(DemandTarget target);

/// What is known of a command at its exec.
struct DemandQuestion {
  WallTime time;
  std::string signature;
  std::vector<std::string> argv;
  std::uint32_t uid = 0;
  /// Files named in the arguments that exist; absent: nobody looked.
  std::optional<std::uint32_t> input_files;
  std::optional<std::uint64_t> input_bytes;
  std::optional<std::uint64_t> largest_input_bytes;
  std::optional<BinaryTraits> binary = {};  ///< of the binary; absent: not known
  std::uint32_t concurrency = 0;            ///< commands that ran on the host at that moment
};

/// A command that has ended, with what it used.
struct DemandRecord {
  DemandQuestion question;
  std::uint32_t children = 0;                        ///< commands that it started itself
  std::optional<std::uint64_t> connections;          ///< TCP, asked for; nothing: not known
  std::array<double, kDemandTargets.size()> used{};  ///< by DemandTarget
};

/// Why a prediction differs from what commands of its kind need in the mean.
struct DemandReason {
  std::string feature;  ///< "input bytes", "-O", "flag -c"
  double factor = 1;    ///< 2: this alone doubles it
};

struct DemandPrediction {
  Quantiles quantiles{};  ///< in the target's unit, at kQuantileLevels
  /// "forest", "forest of all programs", "signature history", "program history", "all commands"
  std::string model;
  std::size_t support = 0;            ///< records behind it
  std::vector<DemandReason> reasons;  ///< the strongest first; of the forest only
};

}  // namespace foreshock::coordinator

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/model/series.h"
#include "coordinator/model/signature_runs.h"

namespace foreshock::coordinator {

/// A machine on which a trigger command precedes load, with much else going on. What is not given
/// is drawn.
struct WorldOptions {
  std::uint64_t seed = 1;
  double length_s = 165;
  double least_gap_s = 10;  ///< between trigger runs
  double most_gap_s = 20;
  bool trigger_leads = true;    ///< false: load comes by itself, the trigger is one more decoy
  double limit_cores = 0.3;     ///< of the workload's cpu; 0: unlimited
  double raised_after_s = 1e9;  ///< the limit is 2 cores in the load's time from here on
  double host_noise_cores = 0.05;
  double host_spikes_per_s = 0.03;
  double lag_jitter_s = 0.3;
  double periodic_load_s =
      0;                 ///< load at this period instead, as a timer inside the workload makes it
  bool sibling = false;  ///< a wrapper that always runs 80 ms before the trigger
};

struct World {
  double lag_s = 0;
  double cores = 0;  ///< what the load would use
  double memory_bytes = 0;
  double duration_s = 0;
  std::size_t trigger_runs = 0;
  std::vector<Series> series;
  std::vector<SignatureRuns> runs;
};

inline const std::string kTrigger = "nightly-export --to <path>";
inline const std::string kWrapper = "sh -c nightly-export";
inline const std::string kHeavy = "crunch <n>";
inline const std::string kDecoy = "rotate-logs --all";
inline const std::string kFollower = "notify-load --level <n>";
inline const std::string kCron = "run-parts <path>";
inline const std::string kWorkloadCgroup = "/shop/export";

World make_world(const WorldOptions& options);

}  // namespace foreshock::coordinator

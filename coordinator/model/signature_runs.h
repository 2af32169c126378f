#pragma once

#include <string>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// Times of one signature's executions, for learning.
struct SignatureRuns {
  std::string signature;
  std::vector<std::string> base_names;  ///< of the executables that it was, in order
  HostId host = 0;
  std::vector<WallTime> starts;  ///< ascending
};

}  // namespace foreshock::coordinator

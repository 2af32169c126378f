#pragma once

#include <string>

#include "common/base/result.h"
#include "coordinator/coordinator_config.h"

namespace foreshock::coordinator {

/// `foreshock-coordinator support-bundle`: versions, configuration, the running service's own views
/// and counters, and the log, as one text. `config` may be an error, which is then part of it.
std::string make_support_bundle(const Result<CoordinatorConfig>& config,
                                const std::string& socket_path);

}  // namespace foreshock::coordinator

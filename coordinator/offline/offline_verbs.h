#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/model/signature_rule.h"
#include "coordinator/cli/live_verbs.h"

namespace foreshock::coordinator {

/// Those of a coordinator's configuration file.
using ReadSignatureRules =
    std::function<Result<std::vector<SignatureRule>>(const std::string& path)>;

/// The verbs that work on files, with no service running. Those that share their first word with a
/// verb of the running service become sub-verbs of it, so live_verbs() are added first. A verb runs
/// while the command line is parsed and leaves how it went in `exit_status`. `output` is copied;
/// what it and `exit_status` refer to outlives the verbs.
std::vector<VerbGroup> offline_verbs(const CliOutput& output, ExitStatus& exit_status,
                                     ReadSignatureRules read_signature_rules);

}  // namespace foreshock::coordinator

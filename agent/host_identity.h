#pragma once

#include <optional>
#include <string>

#include "common/base/ids.h"
#include "common/base/result.h"

namespace foreshock::agent {

Result<BootId> read_boot_id();
/// What the kernel says now: it may be changed at any time.
std::string read_host_name();
/// Empty where the host has none (yet).
std::string read_machine_id();

/// A state directory belongs to one machine. Where it was made on another (a cloned disk, a golden
/// image that had already run an agent) its key, spool and journal are moved aside into
/// `<directory>/of-machine-<id>`: what is in there is the other machine's to send, and two agents
/// with one key could not be told apart. Returns the other machine's id when that was done.
/// An empty `machine_id` changes nothing. Nobody else uses the directory meanwhile.
Result<std::optional<std::string>> claim_state_directory(const std::string& directory,
                                                         const std::string& machine_id);

}  // namespace foreshock::agent

#include "agent/capture/kernel_values.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

namespace foreshock::agent {

namespace {

std::optional<std::uint32_t> to_optional_id(std::uint32_t id) {
  if (id == FS_NO_ID) return std::nullopt;
  return id;
}

}  // namespace

Error corrupt_event(std::string_view what) {
  return {ErrorCode::corrupt, fmt::format("kernel event: {}", what)};
}

Result<void> decode_process(const fs_process& process, ProcessFacts& facts) {
  if (!is_time(process.start_boot_ns) || !is_time(process.parent_start_boot_ns)) {
    return corrupt_event("start time out of range");
  }
  const auto* const comm_end = std::find(std::begin(process.comm), std::end(process.comm), 0);
  if (comm_end == std::end(process.comm)) return corrupt_event("comm without end");
  facts.process = make_process_key(process.tgid, boot_time_from_ns(process.start_boot_ns));
  facts.parent =
      make_process_key(process.parent_tgid, boot_time_from_ns(process.parent_start_boot_ns));
  facts.identity.uid = process.uid;
  facts.identity.gid = process.gid;
  facts.identity.login_uid = to_optional_id(process.login_uid);
  facts.identity.session_id = to_optional_id(process.session_id);
  facts.cgroup_id = process.cgroup_id;
  facts.comm.assign(std::begin(process.comm), comm_end);
  return {};
}

void split_by_ticks(ResourceUse& use, std::uint64_t user_ticks, std::uint64_t system_ticks) {
  using Wide = unsigned __int128;  // the counts are the kernel's word only
  use.user = use.cpu;
  if (system_ticks != 0) {
    const Wide ticks = Wide{user_ticks} + system_ticks;
    use.user = to_duration(
        static_cast<std::uint64_t>(static_cast<Wide>(use.cpu.count()) * user_ticks / ticks));
  }
  use.system = use.cpu - use.user;
}

}  // namespace foreshock::agent

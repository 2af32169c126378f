// What the kernel says over netlink: no bytes may crash the two decoders.
#include <cstddef>
#include <cstdint>
#include <span>

#include "agent/capture/proc_connector.h"
#include "agent/capture/task_accounts.h"
#include "common/base/assert.h"

namespace agent = foreshock::agent;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto messages = agent::decode_proc_connector(bytes);
  FS_ASSERT(messages.events.size() <= size && messages.sequences.size() <= size);
  for (const auto& account : agent::decode_task_accounts(bytes, 31)) {
    FS_ASSERT(account.comm.size() <= 15);
    FS_ASSERT(account.use.cpu.count() >= 0 && account.elapsed.count() >= 0);
  }
  return 0;
}

// Lines of an audit log, whatever they hold: nothing crashes, and what comes out is within bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/capture/audit_records.h"
#include "common/base/assert.h"

namespace agent = foreshock::agent;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  agent::AuditRecords records;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    records.add_line(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  records.finish_all();
  for (const auto& exec : records.take()) {
    FS_ASSERT(exec.pid != 0 && exec.comm.size() <= 15);
    std::size_t bytes = 0;
    for (const auto& word : exec.words) bytes += word.size() + 1;
    FS_ASSERT(bytes <= 4096 && bytes <= exec.true_bytes);
  }
  return 0;
}

// What the process iterator writes, of any bytes, in two chunks: decoding never crashes, and what
// it accepts is in order and complete.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "agent/capture/task_decoder.h"
#include "common/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foreshock;
  const ByteView bytes = std::as_bytes(std::span(data, size));
  std::vector<ProcessUse> processes;
  agent::TaskDecoder decoder(processes);
  const auto used = decoder.add(bytes.first(size / 2));
  if (!used) return 0;
  FS_ASSERT(*used <= size / 2);
  if (!decoder.add(bytes.subspan(*used))) return 0;
  decoder.finish();
  FS_ASSERT(std::ranges::is_sorted(
      processes, {}, [](const ProcessUse& process) { return process.facts.process.pid; }));
  for (const ProcessUse& process : processes) FS_ASSERT(process.facts.comm.size() <= 15);
  return 0;
}

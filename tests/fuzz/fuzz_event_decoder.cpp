// A ring buffer record of any bytes: decoding never crashes, and what it accepts keeps the
// decoder's promises.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "agent/capture/event_decoder.h"
#include "common/base/assert.h"

namespace {

using namespace foreshock;

void check(const ProcessFacts& facts) {
  FS_ASSERT(facts.comm.size() <= 15);
  FS_ASSERT(facts.process.start.time_since_epoch().count() >= 0);
}

void check(const ExecEvent& exec) {
  check(exec.facts);
  FS_ASSERT(exec.argv.words.size() <= 4096 && exec.argv.words.size() <= exec.argv.true_bytes);
  FS_ASSERT(exec.filename.find('\0') == std::string::npos);
  static_cast<void>(exec.argv.split());
}

void check(const ExitEvent& exit) {
  check(exit.facts);
  FS_ASSERT(exit.use.user.count() >= 0 && exit.use.system.count() >= 0);
  FS_ASSERT(exit.use.user + exit.use.system == exit.use.cpu);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  agent::EventDecoder decoder;
  if (const auto event = decoder.decode(std::as_bytes(std::span(data, size))))
    std::visit([](const auto& decoded) { check(decoded); }, **event);
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/assert.h"
#include "common/wire/codec.h"

/// Any bytes as a message, at both ends. What is accepted must survive another round.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foreshock;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto message = decode_agent_message(bytes)) {
    const auto again = decode_agent_message(encode_message(*message));
    FS_ASSERT(again && *again == *message);
  }
  if (const auto message = decode_coordinator_message(bytes)) {
    const auto again = decode_coordinator_message(encode_message(*message));
    FS_ASSERT(again && *again == *message);
  }
  return 0;
}

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/assert.h"
#include "common/wire/codec.h"
#include "common/wire/zstd_frame.h"

/// Any bytes as a payload, and as the report inside one. What is accepted must survive another
/// round.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foreshock;
  const auto bytes = std::as_bytes(std::span(data, size));
  [[maybe_unused]] const auto as_payload = decode_report(bytes);
  if (const auto report = decode_report(compress(bytes))) {
    const auto again = decode_report(encode_report(*report));
    FS_ASSERT(again && *again == *report);
  }
  return 0;
}

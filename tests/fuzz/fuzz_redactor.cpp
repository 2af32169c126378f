// Any argv, whole or truncated: as many words as before, as many bytes lost to truncation, and
// `redacted` says whether something changed.

#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/redact/redactor.h"
#include "common/base/assert.h"

namespace {

using foreshock::ExecEvent;
using foreshock::agent::Redactor;

const Redactor& redactor() {
  static const Redactor instance = *Redactor::make({"EMP[0-9]+", "badge:([a-z]+)"});
  return instance;
}

}  // namespace

/// First byte: by how much argv was truncated. The rest: its words, each ended by NUL.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  ExecEvent event;
  event.argv.words.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::uint32_t lost = data[0] % 4 == 0 ? data[0] : 0;
  event.argv.true_bytes = static_cast<std::uint32_t>(event.argv.words.size()) + lost;
  const auto before = event;
  redactor().redact(event);
  FS_ASSERT(event.argv.true_bytes - event.argv.words.size() == lost);
  FS_ASSERT(event.argv.split().size() == before.argv.split().size());
  FS_ASSERT(event.argv.redacted == (event.argv.words != before.argv.words));
  return 0;
}

// Any command line, as a recorded stream has it, means something or nothing; what it means is
// bounded and the same each time.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/assert.h"
#include "coordinator/lead/command_words.h"

/// The first line is the command, the rest its arguments.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto command = text.substr(0, text.find('\n'));
  const auto arguments = text.substr(std::min(text.size(), command.size() + 1));
  const auto meant = foreshock::coordinator::parse_command_meant(command, arguments);
  FS_ASSERT(meant.arguments.size() <= 4);
  for (const auto& argument : meant.arguments) FS_ASSERT(std::isfinite(argument.value));
  const auto again = foreshock::coordinator::parse_command_meant(command, arguments);
  FS_ASSERT(again.identity() == meant.identity() && again.arguments == meant.arguments);
  return 0;
}

// Any text is times in order, or an error that names the file.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/assert.h"
#include "coordinator/calendar/feed.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto times = foreshock::coordinator::parse_feed(text, "input");
  if (times) {
    FS_ASSERT(std::ranges::is_sorted(*times));
  } else {
    FS_ASSERT(times.error().message().starts_with("input"));
  }
  return 0;
}

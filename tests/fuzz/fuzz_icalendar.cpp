// Any text is events in order inside the span, or an error that names the file; it ends.

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/assert.h"
#include "coordinator/calendar/icalendar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foreshock;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const WallTime now = WallTime(std::chrono::hours(24 * 20000));
  const auto events =
      coordinator::parse_icalendar(text, "input", {now, now + std::chrono::hours(24 * 60)});
  if (!events) {
    FS_ASSERT(events.error().message().starts_with("input"));
    return 0;
  }
  for (const auto& event : *events) FS_ASSERT(event.start < event.end);
  return 0;
}

#include "common/os/system_bus.h"

#include <cerrno>
#include <cstdint>
#include <system_error>

#include <fmt/format.h>
#include <systemd/sd-bus.h>

namespace foreshock {

void CloseBus::operator()(sd_bus* bus) const {
  sd_bus_flush_close_unref(bus);
}

void CloseBus::operator()(sd_bus_message* message) const {
  sd_bus_message_unref(message);
}

Result<Bus> open_system_bus(std::chrono::microseconds deadline) {
  sd_bus* opened = nullptr;
  if (const int code = sd_bus_open_system(&opened); code < 0)
    return bus_failure(code, "reach systemd");
  Bus bus(opened);
  sd_bus_set_method_call_timeout(bus.get(), static_cast<std::uint64_t>(deadline.count()));
  return bus;
}

Error bus_failure(int code, const std::string& operation, const char* message) {
  const std::string cause =
      message != nullptr ? std::string(message) : std::system_category().message(-code);
  return {code == -EACCES || code == -EPERM ? ErrorCode::permission_denied : ErrorCode::unavailable,
          fmt::format("{} over D-Bus: {}", operation, cause)};
}

}  // namespace foreshock

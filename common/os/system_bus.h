#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/base/result.h"

// As libsystemd's sd-bus.h has them, which only those include that call it.
struct sd_bus;
struct sd_bus_message;

namespace foreshock {

struct CloseBus {
  void operator()(sd_bus* bus) const;
  void operator()(sd_bus_message* message) const;
};
using Bus = std::unique_ptr<sd_bus, CloseBus>;
using BusMessage = std::unique_ptr<sd_bus_message, CloseBus>;

/// Where systemd's manager is on the bus.
inline constexpr const char* kSystemdService = "org.freedesktop.systemd1";
inline constexpr const char* kSystemdObject = "/org/freedesktop/systemd1";
inline constexpr const char* kSystemdManager = "org.freedesktop.systemd1.Manager";

/// A connection to the host's bus whose calls end after `deadline`. `unavailable` without one.
Result<Bus> open_system_bus(std::chrono::microseconds deadline);

/// `permission_denied` or `unavailable`.
/// @param code  what sd-bus returned, < 0
/// @param message  that a call was answered with, or null; it says more than the code
Error bus_failure(int code, const std::string& operation, const char* message = nullptr);

}  // namespace foreshock

#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <systemd/sd-bus.h>

#include "common/base/result.h"

namespace foreshock {

template <typename T, auto Free>
struct FreedBy {
  void operator()(T* object) const { Free(object); }
};
using Bus = std::unique_ptr<sd_bus, FreedBy<sd_bus, sd_bus_flush_close_unref>>;
using BusMessage = std::unique_ptr<sd_bus_message, FreedBy<sd_bus_message, sd_bus_message_unref>>;

/// What a call answers in place of a reply.
struct BusError {
  sd_bus_error value = SD_BUS_ERROR_NULL;
  BusError() = default;
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  ~BusError() { sd_bus_error_free(&value); }
};

/// Where systemd's manager is on the bus.
inline constexpr const char* kSystemdService = "org.freedesktop.systemd1";
inline constexpr const char* kSystemdObject = "/org/freedesktop/systemd1";
inline constexpr const char* kSystemdManager = "org.freedesktop.systemd1.Manager";

/// A connection to the host's bus whose calls end after `deadline`. `unavailable` without one.
Result<Bus> open_system_bus(std::chrono::microseconds deadline);

/// @param code  what sd-bus returned, < 0
/// @param error  of the call, if it was one: its message says more than the code
/// `permission_denied` or `unavailable`.
Error bus_failure(int code, const std::string& operation, const BusError& error = {});

}  // namespace foreshock

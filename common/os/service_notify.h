#pragma once

#include <string_view>

namespace foreshock {

/// Tells systemd (Type=notify) how the service is; without systemd nothing happens.
void notify_ready(std::string_view status);
void notify_status(std::string_view status);
void notify_watchdog();
void notify_stopping();
/// notify_ready() ends it.
void notify_reloading();

}  // namespace foreshock

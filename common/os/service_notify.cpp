#include "common/os/service_notify.h"

#include <string>

#include <systemd/sd-daemon.h>

namespace foreshock {

void notify_ready(std::string_view status) {
  sd_notify(0, ("READY=1\nSTATUS=" + std::string(status)).c_str());
}
void notify_status(std::string_view status) {
  sd_notify(0, ("STATUS=" + std::string(status)).c_str());
}
void notify_watchdog() {
  sd_notify(0, "WATCHDOG=1");
}
void notify_stopping() {
  sd_notify(0, "STOPPING=1");
}
void notify_reloading() {
  sd_notify(0, "RELOADING=1");
}

}  // namespace foreshock

#include "agent/schedule/systemd_timers.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <systemd/sd-bus.h>

#include "common/os/system_bus.h"

namespace foreshock::agent {

namespace {

constexpr const char* kTimer = "org.freedesktop.systemd1.Timer";
constexpr std::chrono::microseconds kDeadline = std::chrono::seconds(2);
constexpr std::size_t kMaxTimers = 500;

struct BusError {
  sd_bus_error value = SD_BUS_ERROR_NULL;
  BusError() = default;
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  ~BusError() { sd_bus_error_free(&value); }
};

struct TimerUnit {
  std::string name;
  std::string path;
};

Result<std::vector<TimerUnit>> list_timers(sd_bus* bus) {
  constexpr const char* kOperation = "list timers";
  BusError error;
  sd_bus_message* answer = nullptr;
  int code = sd_bus_call_method(bus, kSystemdService, kSystemdObject, kSystemdManager,
                                "ListUnitsByPatterns", &error.value, &answer, "asas", 1, "active",
                                1, "*.timer");
  if (code < 0) return bus_failure(code, kOperation, error.value.message);
  const BusMessage reply(answer);
  std::vector<TimerUnit> timers;
  code = sd_bus_message_enter_container(reply.get(), 'a', "(ssssssouso)");
  while (code > 0 && timers.size() < kMaxTimers) {
    const char* name = nullptr;
    const char* path = nullptr;
    const char* ignored = nullptr;
    std::uint32_t job = 0;
    code = sd_bus_message_read(reply.get(), "(ssssssouso)", &name, &ignored, &ignored, &ignored,
                               &ignored, &ignored, &path, &job, &ignored, &ignored);
    if (code > 0) timers.push_back({name, path});
  }
  if (code < 0) return bus_failure(code, kOperation);
  return timers;
}

/// Properties that cannot be read are those of a unit that has gone: absent.
std::optional<std::uint64_t> read_usec(sd_bus* bus, const std::string& path, const char* property) {
  std::uint64_t value = 0;
  if (sd_bus_get_property_trivial(bus, kSystemdService, path.c_str(), kTimer, property, nullptr,
                                  't', &value) < 0)
    return std::nullopt;
  // systemd's "never".
  if (value == 0 || value == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return value;
}

std::string read_text(sd_bus* bus, const std::string& path, const char* interface,
                      const char* property) {
  char* text = nullptr;
  if (sd_bus_get_property_string(bus, kSystemdService, path.c_str(), interface, property, nullptr,
                                 &text) < 0)
    return {};
  std::string owned(text);
  std::free(text);
  return owned;
}

std::optional<std::string> path_of_unit(sd_bus* bus, const std::string& unit) {
  sd_bus_message* answer = nullptr;
  if (sd_bus_call_method(bus, kSystemdService, kSystemdObject, kSystemdManager, "LoadUnit", nullptr,
                         &answer, "s", unit.c_str()) < 0)
    return std::nullopt;
  const BusMessage reply(answer);
  const char* path = nullptr;
  if (sd_bus_message_read(reply.get(), "o", &path) < 0) return std::nullopt;
  return std::string(path);
}

/// The first of a service's ExecStart lines, words joined by blanks.
std::string read_command(sd_bus* bus, const std::string& path) {
  sd_bus_message* answer = nullptr;
  if (sd_bus_get_property(bus, kSystemdService, path.c_str(), "org.freedesktop.systemd1.Service",
                          "ExecStart", nullptr, &answer, "a(sasbttttuii)") < 0)
    return {};
  const BusMessage reply(answer);
  std::string command;
  sd_bus_message* message = reply.get();
  if (sd_bus_message_enter_container(message, 'a', "(sasbttttuii)") <= 0) return {};
  if (sd_bus_message_enter_container(message, 'r', "sasbttttuii") <= 0) return {};
  const char* file = nullptr;
  if (sd_bus_message_read(message, "s", &file) < 0) return {};
  if (sd_bus_message_enter_container(message, 'a', "s") < 0) return {};
  const char* word = nullptr;
  while (sd_bus_message_read(message, "s", &word) > 0)
    command += (command.empty() ? "" : " ") + std::string(word);
  return command.empty() && file != nullptr ? std::string(file) : command;
}

std::optional<WallTime> next_elapse(sd_bus* bus, const std::string& path, const Clock& clock) {
  std::optional<WallTime> next;
  if (const auto realtime = read_usec(bus, path, "NextElapseUSecRealtime"))
    next = WallTime(std::chrono::microseconds(*realtime));
  if (const auto monotonic = read_usec(bus, path, "NextElapseUSecMonotonic")) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto in = std::chrono::microseconds(*monotonic) - now;
    const WallTime at = clock.wall_now() + std::chrono::duration_cast<Nanoseconds>(in);
    next = next ? std::min(*next, at) : at;
  }
  return next;
}

}  // namespace

Result<std::vector<UpcomingCommand>> SystemdTimers::read_timers() {
  FS_TRY(const auto bus, open_system_bus(kDeadline));
  FS_TRY(const auto timers, list_timers(bus.get()));
  std::vector<UpcomingCommand> upcoming;
  for (const auto& timer : timers) {
    const auto next = next_elapse(bus.get(), timer.path, clock_);
    if (!next) continue;
    UpcomingCommand command;
    command.time = *next;
    command.source = ScheduleSource::systemd_timer;
    command.name = timer.name;
    const auto unit = read_text(bus.get(), timer.path, kTimer, "Unit");
    if (const auto path = path_of_unit(bus.get(), unit)) {
      command.user = read_text(bus.get(), *path, "org.freedesktop.systemd1.Service", "User");
      command.command = read_command(bus.get(), *path);
    }
    if (command.user.empty()) command.user = "root";
    if (command.command.empty()) command.command = unit;
    upcoming.push_back(std::move(command));
  }
  return upcoming;
}

}  // namespace foreshock::agent

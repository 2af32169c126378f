#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include "agent/actuate/unit_properties.h"
#include "common/os/system_bus.h"

namespace foreshock::agent {

namespace {

constexpr std::chrono::microseconds kDeadline = std::chrono::seconds(5);

struct BusError {
  sd_bus_error value = SD_BUS_ERROR_NULL;
  BusError() = default;
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  ~BusError() { sd_bus_error_free(&value); }
};

struct Free {
  void operator()(char* text) const { std::free(text); }
};

/// ".service", ".scope": as the interface of a unit's own properties is called.
std::string interface_of(const std::string& unit) {
  std::string kind = unit.substr(unit.rfind('.') + 1);
  if (!kind.empty()) kind.front() = static_cast<char>(kind.front() - 'a' + 'A');
  return "org.freedesktop.systemd1." + kind;
}

class SystemdBus final : public UnitProperties {
 public:
  Result<std::optional<std::string>> unit_of(const std::string& cgroup) override {
    FS_CHECK(connect());
    FS_TRY(const auto unit, find_unit(cgroup));
    if (!unit) return std::optional<std::string>();
    // systemd answers with the unit that the cgroup lies in: only its own one is its to limit.
    FS_TRY(const std::string own, control_group_of(unit->path, unit->name));
    return own == cgroup ? std::optional(unit->name) : std::nullopt;
  }

  Result<void> set(const std::string& unit, const std::vector<Property>& properties) override {
    const std::string operation = "set properties of " + unit;
    FS_CHECK(connect());
    BusMessage call;
    FS_TRY(call, new_call("SetUnitProperties", operation));
    int code = sd_bus_message_append(call.get(), "sb", unit.c_str(), 1);
    if (code >= 0) code = sd_bus_message_open_container(call.get(), 'a', "(sv)");
    for (const Property& property : properties) {
      if (code >= 0)
        code =
            sd_bus_message_append(call.get(), "(sv)", property.name.c_str(), "t", property.value);
    }
    if (code >= 0) code = sd_bus_message_close_container(call.get());
    if (code < 0) return bus_failure(code, operation);
    FS_CHECK(send(call.get(), operation));
    // systemd answers first and writes to the cgroup then, before it takes the next call.
    FS_TRY(call, new_call("GetUnit", operation));
    if (code = sd_bus_message_append(call.get(), "s", unit.c_str()); code < 0)
      return bus_failure(code, operation);
    FS_CHECK(send(call.get(), operation));
    return {};
  }

 private:
  struct Unit {
    std::string path;  ///< of its object on the bus
    std::string name;
  };

  Result<void> connect() {
    if (bus_ && sd_bus_is_open(bus_.get()) > 0) return {};
    FS_TRY(bus_, open_system_bus(kDeadline));
    return {};
  }

  Result<BusMessage> new_call(const char* method, const std::string& operation) {
    sd_bus_message* made = nullptr;
    const int code = sd_bus_message_new_method_call(bus_.get(), &made, kSystemdService,
                                                    kSystemdObject, kSystemdManager, method);
    if (code < 0) return bus_failure(code, operation);
    return BusMessage(made);
  }

  Result<BusMessage> send(sd_bus_message* call, const std::string& operation) {
    BusError error;
    sd_bus_message* reply = nullptr;
    const int code = sd_bus_call(bus_.get(), call, 0, &error.value, &reply);
    if (code >= 0) return BusMessage(reply);
    // A connection that was lost is made anew at the next call.
    if (sd_bus_is_open(bus_.get()) <= 0) bus_.reset();
    return bus_failure(code, operation, error.value.message);
  }

  /// Asks for the unit that the cgroup belongs to, its own or that of a cgroup above.
  Result<std::optional<Unit>> find_unit(const std::string& cgroup) {
    const std::string operation = "find the unit of " + cgroup;
    BusError error;
    sd_bus_message* got = nullptr;
    int code = sd_bus_call_method(bus_.get(), kSystemdService, kSystemdObject, kSystemdManager,
                                  "GetUnitByControlGroup", &error.value, &got, "s", cgroup.c_str());
    const BusMessage reply(got);
    if (sd_bus_error_has_name(&error.value, "org.freedesktop.systemd1.NoSuchUnit") != 0)
      return std::optional<Unit>();
    const char* path = nullptr;
    if (code >= 0) code = sd_bus_message_read(reply.get(), "o", &path);
    if (code < 0) return bus_failure(code, operation, error.value.message);
    char* id = nullptr;
    BusError unread;
    code = sd_bus_get_property_string(bus_.get(), kSystemdService, path,
                                      "org.freedesktop.systemd1.Unit", "Id", &unread.value, &id);
    if (code < 0) return bus_failure(code, operation, unread.value.message);
    const std::unique_ptr<char, Free> owned(id);
    return std::optional(Unit{path, id});
  }

  Result<std::string> control_group_of(const std::string& path, const std::string& unit) {
    BusError error;
    char* group = nullptr;
    const int code = sd_bus_get_property_string(bus_.get(), kSystemdService, path.c_str(),
                                                interface_of(unit).c_str(), "ControlGroup",
                                                &error.value, &group);
    if (code < 0) return bus_failure(code, "read the cgroup of " + unit, error.value.message);
    const std::unique_ptr<char, Free> owned(group);
    return std::string(group);
  }

  Bus bus_;
};

}  // namespace

std::unique_ptr<UnitProperties> make_unit_properties() {
  if (sd_booted() <= 0) return nullptr;
  return std::make_unique<SystemdBus>();
}

}  // namespace foreshock::agent

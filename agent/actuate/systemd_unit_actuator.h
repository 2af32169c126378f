#pragma once

#include <memory>
#include <vector>

#include "agent/actuate/actuator.h"
#include "agent/actuate/unit_properties.h"

namespace foreshock::agent {

/// The same knobs, with the hands that systemd wants for its own: the limit of a systemd unit is
/// set as a property of the unit (`SetUnitProperties`, until the next boot), so that it stays over
/// a daemon-reload and systemd switches the controller on where it is off. Every other cgroup, and
/// every read, goes to the files: what is reported back is what the kernel has, not what systemd
/// believes. `units` null: the same actuators as were given.
std::vector<std::unique_ptr<Actuator>> through_systemd(
    std::vector<std::unique_ptr<Actuator>> actuators, const std::shared_ptr<UnitProperties>& units);

}  // namespace foreshock::agent

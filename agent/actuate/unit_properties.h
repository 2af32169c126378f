#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"

namespace foreshock::agent {

/// systemd's side of limits: what it does not know of it takes back at the next daemon-reload.
class UnitProperties {
 public:
  struct Property {
    std::string name;  ///< as `systemctl show` calls it: "CPUQuotaPerSecUSec", "MemoryMax"
    std::uint64_t value = 0;
    bool operator==(const Property&) const = default;
  };
  static constexpr std::uint64_t kInfinity = ~std::uint64_t{0};

  virtual ~UnitProperties() = default;
  /// The unit whose own cgroup this is; nullopt: no unit of the system's systemd (a container's
  /// cgroup, one made by hand, one of a user's units).
  virtual Result<std::optional<std::string>> unit_of(const std::string& cgroup) = 0;
  /// Until the next boot. When it returns the unit's cgroup has been brought up to date.
  virtual Result<void> set(const std::string& unit, const std::vector<Property>& properties) = 0;
};

/// Over the system bus, which is connected to at the first call and again after it was lost; each
/// call is bounded by five seconds. One thread. Null where systemd does not run this host.
std::unique_ptr<UnitProperties> make_unit_properties();

}  // namespace foreshock::agent

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/cgroup/knob_file.h"
#include "agent/cgroup/layout.h"
#include "common/base/result.h"
#include "common/model/command.h"

namespace foreshock::agent {

/// Reads and writes one knob of cgroups. One thread.
class Actuator {
 public:
  virtual ~Actuator() = default;
  virtual Knob knob() const = 0;
  /// `not_found` when the cgroup is gone, `conflict` when the path is another cgroup by now,
  /// `unsupported` when it has no such file.
  virtual Result<KnobValue> read(const CgroupTarget& target) const = 0;
  /// The value, or the next looser one that whoever else keeps the knob would not change again.
  virtual KnobValue lasting(const CgroupTarget&, KnobValue value) const { return value; }
  /// Writes and reads back; returns what the kernel made of it. Errors as of read(), and the
  /// kernel's refusal.
  virtual Result<KnobValue> apply(const CgroupTarget& target, KnobValue value) = 0;
  /// The kernel's file held open, for a write that must not wait. Errors as of read().
  virtual Result<KnobFile> hold(const CgroupTarget& target) const;
  /// Where the kernel's file is, for people.
  virtual std::string file_of(const CgroupTarget& target) const = 0;
};

/// Every knob this host can turn: cpu_max, cpu_weight, memory_high (v2 only), memory_max; v1 and
/// v2.
std::vector<std::unique_ptr<Actuator>> make_actuators(const CgroupLayout& layout);

}  // namespace foreshock::agent

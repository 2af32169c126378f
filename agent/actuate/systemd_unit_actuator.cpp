#include "agent/actuate/systemd_unit_actuator.h"

#include <utility>

namespace foreshock::agent {

namespace {

UnitProperties::Property property_of(Knob knob, KnobValue value) {
  switch (knob) {
    case Knob::cpu_max:
      // Thousandths of a core are milliseconds of each second.
      return {"CPUQuotaPerSecUSec", value ? *value * 1000 : UnitProperties::kInfinity};
    case Knob::cpu_weight:
      return {"CPUWeight", value.value_or(UnitProperties::kInfinity)};
    case Knob::memory_high:
      return {"MemoryHigh", value.value_or(UnitProperties::kInfinity)};
    case Knob::memory_max:
      return {"MemoryMax", value.value_or(UnitProperties::kInfinity)};
    case Knob::unknown:
      break;
  }
  return {};
}

class SystemdUnitActuator final : public Actuator {
 public:
  SystemdUnitActuator(std::unique_ptr<Actuator> files, std::shared_ptr<UnitProperties> units)
      : files_(std::move(files)), units_(std::move(units)) {}

  Knob knob() const override { return files_->knob(); }
  // A reflex can't wait for systemd: it writes the kernel's file, and systemd is told when it ends.
  Result<KnobFile> hold(const CgroupTarget& target) const override { return files_->hold(target); }
  std::string file_of(const CgroupTarget& target) const override { return files_->file_of(target); }

  Result<KnobValue> read(const CgroupTarget& target) const override {
    auto present = files_->read(target);
    // The file appears with the property: until then there is no limit.
    if (!present && present.error().code() == ErrorCode::unsupported && has_unit(target))
      return unlimited();
    return present;
  }

  // systemd writes a quota down in whole percents of a core: at its next daemon-reload it would
  // have another one.
  KnobValue lasting(const CgroupTarget& target, KnobValue value) const override {
    constexpr std::uint64_t kPercent = 10;  // thousandths of a core
    if (knob() != Knob::cpu_max || !value || !has_unit(target)) return value;
    return (*value + kPercent - 1) / kPercent * kPercent;
  }

  Result<KnobValue> apply(const CgroupTarget& target, KnobValue value) override {
    // Identity first: the unit of this path may run in another cgroup by now.
    if (auto present = files_->read(target);
        !present && present.error().code() != ErrorCode::unsupported) {
      return present;
    }
    FS_TRY(const auto unit, units_->unit_of(target.path));
    if (!unit) return files_->apply(target, value);
    FS_CHECK(units_->set(*unit, {property_of(knob(), value)}));
    auto after = files_->read(target);
    // No file and no limit wanted is what was asked for.
    if (!after && after.error().code() == ErrorCode::unsupported && value == unlimited())
      return value;
    return after;
  }

 private:
  bool has_unit(const CgroupTarget& target) const {
    const auto unit = units_->unit_of(target.path);
    return unit && unit->has_value();
  }

  /// What the kernel does where the controller is off.
  KnobValue unlimited() const {
    constexpr std::uint64_t kDefaultWeight = 100;
    return knob() == Knob::cpu_weight ? KnobValue(kDefaultWeight) : std::nullopt;
  }

  const std::unique_ptr<Actuator> files_;
  const std::shared_ptr<UnitProperties> units_;
};

}  // namespace

std::vector<std::unique_ptr<Actuator>> through_systemd(
    std::vector<std::unique_ptr<Actuator>> actuators,
    const std::shared_ptr<UnitProperties>& units) {
  if (!units) return actuators;
  for (auto& actuator : actuators)
    actuator = std::make_unique<SystemdUnitActuator>(std::move(actuator), units);
  return actuators;
}

}  // namespace foreshock::agent

#include <functional>
#include <utility>

#include <fmt/format.h>

#include "agent/actuate/actuator.h"
#include "agent/actuate/target_dir.h"
#include "agent/cgroup/cgroup_files.h"

namespace foreshock::agent {

namespace {

Error not_understood(const CgroupDir& dir, std::string_view file) {
  return Error(ErrorCode::corrupt, fmt::format("{} of {} not understood", file, dir.path()));
}

Error does_not_fit(Knob knob, KnobValue value) {
  return Error(ErrorCode::invalid_argument, fmt::format("{} = {}: no such value", to_string(knob),
                                                        format_knob_value(knob, value)));
}

// A controller that is not switched on for a cgroup leaves out its files.
Result<std::string> read_knob_file(const CgroupDir& dir, const std::string& file) {
  auto text = dir.read(file);
  if (!text && text.error().code() == ErrorCode::not_found) {
    return Error(ErrorCode::unsupported, text.error().message());
  }
  return text;
}

/// A knob that is one or two files of one controller.
class FileActuator : public Actuator {
 public:
  FileActuator(const CgroupLayout& layout, std::string controller, std::string file)
      : layout_(layout), controller_(std::move(controller)), file_(std::move(file)) {}

  Result<KnobValue> read(const CgroupTarget& target) const final {
    FS_TRY(const CgroupDir dir, open_controller(layout_, controller_, target));
    return read_from(dir);
  }

  Result<KnobValue> apply(const CgroupTarget& target, KnobValue value) final {
    FS_TRY(const CgroupDir dir, open_controller(layout_, controller_, target));
    FS_CHECK(write_to(dir, value));
    return read_from(dir);
  }

  Result<KnobFile> hold(const CgroupTarget& target) const final {
    FS_TRY(const CgroupDir dir, open_controller(layout_, controller_, target));
    return KnobFile::open(dir, knob(), layout_.is_v1(controller_));
  }

  std::string file_of(const CgroupTarget& target) const final {
    return layout_.root_of(controller_).value_or("") + (target.path == "/" ? "" : target.path) +
           "/" + file_;
  }

 protected:
  virtual Result<KnobValue> read_from(const CgroupDir& dir) const = 0;
  virtual Result<void> write_to(const CgroupDir& dir, KnobValue value) const = 0;

  const std::string& file() const { return file_; }
  std::string root() const { return layout_.root_of(controller_).value_or(""); }

 private:
  const CgroupLayout layout_;
  const std::string controller_;
  const std::string file_;
};

class CpuMaxV2 final : public FileActuator {
 public:
  explicit CpuMaxV2(const CgroupLayout& layout) : FileActuator(layout, "cpu", "cpu.max") {}
  Knob knob() const override { return Knob::cpu_max; }

 private:
  Result<CpuBandwidth> read_bandwidth(const CgroupDir& dir) const {
    FS_TRY(const std::string text, read_knob_file(dir, file()));
    const auto bandwidth = parse_cpu_max(text);
    if (!bandwidth) return not_understood(dir, file());
    return *bandwidth;
  }

  Result<KnobValue> read_from(const CgroupDir& dir) const override {
    FS_TRY(const CpuBandwidth bandwidth, read_bandwidth(dir));
    return bandwidth.millicores();
  }

  // The period is the owner's choice between latency and overhead: it stays.
  Result<void> write_to(const CgroupDir& dir, KnobValue value) const override {
    FS_TRY(const CpuBandwidth present, read_bandwidth(dir));
    if (!value) return dir.write(file(), fmt::format("max {}", present.period_usec));
    const auto quota = quota_usec_for(*value, present.period_usec);
    if (!quota) return does_not_fit(knob(), value);
    return dir.write(file(), fmt::format("{} {}", *quota, present.period_usec));
  }
};

class CpuMaxV1 final : public FileActuator {
 public:
  explicit CpuMaxV1(const CgroupLayout& layout) : FileActuator(layout, "cpu", "cpu.cfs_quota_us") {}
  Knob knob() const override { return Knob::cpu_max; }

 private:
  Result<CpuBandwidth> read_bandwidth(const CgroupDir& dir) const {
    FS_TRY(const std::string quota, read_knob_file(dir, file()));
    FS_TRY(const std::string period, read_knob_file(dir, "cpu.cfs_period_us"));
    const auto bandwidth = parse_cfs(quota, period);
    if (!bandwidth) return not_understood(dir, file());
    return *bandwidth;
  }

  Result<KnobValue> read_from(const CgroupDir& dir) const override {
    FS_TRY(const CpuBandwidth bandwidth, read_bandwidth(dir));
    return bandwidth.millicores();
  }

  Result<void> write_to(const CgroupDir& dir, KnobValue value) const override {
    if (!value) return dir.write(file(), "-1");
    FS_TRY(const CpuBandwidth present, read_bandwidth(dir));
    const auto quota = quota_usec_for(*value, present.period_usec);
    if (!quota) return does_not_fit(knob(), value);
    auto written = dir.write(file(), fmt::format("{}", *quota));
    if (!written && written.error().code() == ErrorCode::invalid_argument) {
      return Error(ErrorCode::invalid_argument,
                   written.error().message() + explain_refusal(dir, *value));
    }
    return written;
  }

  // v1 refuses a limit above a parent's or below a child's, and says no more than EINVAL.
  std::string explain_refusal(const CgroupDir& dir, std::uint64_t millicores) const {
    std::string parent = dir.path();
    while (parent.size() > 1) {
      parent.resize(std::max<std::size_t>(parent.rfind('/'), 1));
      const auto opened = CgroupDir::open(root(), parent);
      const auto limit = opened ? read_from(*opened) : Error(ErrorCode::not_found, parent);
      if (limit && *limit && **limit < millicores) {
        return fmt::format(" (its parent {} allows {})", parent, format_knob_value(knob(), *limit));
      }
    }
    return " (less than a child cgroup asks for, or than the kernel's least)";
  }
};

class CpuWeightV2 final : public FileActuator {
 public:
  explicit CpuWeightV2(const CgroupLayout& layout) : FileActuator(layout, "cpu", "cpu.weight") {}
  Knob knob() const override { return Knob::cpu_weight; }

 private:
  Result<KnobValue> read_from(const CgroupDir& dir) const override {
    FS_TRY(const std::string text, read_knob_file(dir, file()));
    const auto weight = parse_count(text);
    if (!weight) return not_understood(dir, file());
    return KnobValue(*weight);
  }

  Result<void> write_to(const CgroupDir& dir, KnobValue value) const override {
    if (!value) return does_not_fit(knob(), value);
    return dir.write(file(), fmt::format("{}", *value));
  }
};

class CpuWeightV1 final : public FileActuator {
 public:
  explicit CpuWeightV1(const CgroupLayout& layout) : FileActuator(layout, "cpu", "cpu.shares") {}
  Knob knob() const override { return Knob::cpu_weight; }

 private:
  Result<KnobValue> read_from(const CgroupDir& dir) const override {
    FS_TRY(const std::string text, read_knob_file(dir, file()));
    const auto shares = parse_count(text);
    if (!shares) return not_understood(dir, file());
    return KnobValue(weight_of_shares(*shares));
  }

  Result<void> write_to(const CgroupDir& dir, KnobValue value) const override {
    if (!value) return does_not_fit(knob(), value);
    return dir.write(file(), fmt::format("{}", shares_of_weight(*value)));
  }
};

/// memory.high or memory.max.
class MemoryLimitV2 final : public FileActuator {
 public:
  MemoryLimitV2(const CgroupLayout& layout, Knob knob, std::string file)
      : FileActuator(layout, "memory", std::move(file)), knob_(knob) {}
  Knob knob() const override { return knob_; }

 private:
  Result<KnobValue> read_from(const CgroupDir& dir) const override {
    FS_TRY(const std::string text, read_knob_file(dir, file()));
    const auto limit = parse_memory_limit(text);
    if (!limit) return not_understood(dir, file());
    return *limit ? KnobValue((*limit)->count) : KnobValue();
  }

  Result<void> write_to(const CgroupDir& dir, KnobValue value) const override {
    return dir.write(file(), value ? fmt::format("{}", *value) : "max");
  }

  const Knob knob_;
};

class MemoryMaxV1 final : public FileActuator {
 public:
  explicit MemoryMaxV1(const CgroupLayout& layout)
      : FileActuator(layout, "memory", "memory.limit_in_bytes") {}
  Knob knob() const override { return Knob::memory_max; }

 private:
  Result<KnobValue> read_limit(const CgroupDir& dir, const std::string& name) const {
    FS_TRY(const std::string text, read_knob_file(dir, name));
    const auto limit = parse_memory_limit(text);
    if (!limit) return not_understood(dir, name);
    return *limit ? KnobValue((*limit)->count) : KnobValue();
  }

  Result<KnobValue> read_from(const CgroupDir& dir) const override {
    return read_limit(dir, file());
  }

  Result<void> write_to(const CgroupDir& dir, KnobValue value) const override {
    auto written = dir.write(file(), value ? fmt::format("{}", *value) : "-1");
    if (!written)
      return Error(written.error().code(), written.error().message() + explain_refusal(dir, value));
    return written;
  }

  // The limit on memory and swap together has to stay the larger one. It belongs to the owner:
  // raising it here would be a second change that nobody asked for and that a restoration would not
  // take back.
  std::string explain_refusal(const CgroupDir& dir, KnobValue value) const {
    const auto both = read_limit(dir, "memory.memsw.limit_in_bytes");
    if (!both || !*both || (value && *value <= **both)) return "";
    return fmt::format(" (memory.memsw.limit_in_bytes is {}: the memory limit can't be above it)",
                       format_bytes(**both));
  }
};

}  // namespace

Result<KnobFile> Actuator::hold(const CgroupTarget& target) const {
  return Error(ErrorCode::unsupported, fmt::format("{} of {} is no file that can be held open",
                                                   to_string(knob()), target.path));
}

std::vector<std::unique_ptr<Actuator>> make_actuators(const CgroupLayout& layout) {
  std::vector<std::unique_ptr<Actuator>> actuators;
  if (layout.is_v1("cpu")) {
    actuators.push_back(std::make_unique<CpuMaxV1>(layout));
    actuators.push_back(std::make_unique<CpuWeightV1>(layout));
  } else if (layout.root_of("cpu")) {
    actuators.push_back(std::make_unique<CpuMaxV2>(layout));
    actuators.push_back(std::make_unique<CpuWeightV2>(layout));
  }
  if (layout.is_v1("memory")) {
    actuators.push_back(std::make_unique<MemoryMaxV1>(layout));
  } else if (layout.root_of("memory")) {
    actuators.push_back(std::make_unique<MemoryLimitV2>(layout, Knob::memory_high, "memory.high"));
    actuators.push_back(std::make_unique<MemoryLimitV2>(layout, Knob::memory_max, "memory.max"));
  }
  return actuators;
}

}  // namespace foreshock::agent

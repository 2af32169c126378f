#include "agent/cgroup/knob_file.h"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "agent/cgroup/cgroup_files.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

/// Longer than the longest value of any knob.
using ValueText = std::array<char, 64>;

const char* file_name(Knob knob, bool is_v1) {
  switch (knob) {
    case Knob::cpu_max:
      return is_v1 ? "cpu.cfs_quota_us" : "cpu.max";
    case Knob::cpu_weight:
      return is_v1 ? "cpu.shares" : "cpu.weight";
    case Knob::memory_high:
      return is_v1 ? nullptr : "memory.high";
    case Knob::memory_max:
      return is_v1 ? "memory.limit_in_bytes" : "memory.max";
    case Knob::unknown:
      break;
  }
  return nullptr;
}

Result<std::uint64_t> read_period(const CgroupDir& dir, bool is_v1) {
  FS_TRY(const std::string text, dir.read(is_v1 ? "cpu.cfs_period_us" : "cpu.max"));
  if (is_v1) {
    if (const auto period = parse_count(text); period && *period > 0) return *period;
  } else if (const auto bandwidth = parse_cpu_max(text)) {
    return bandwidth->period_usec;
  }
  return Error(ErrorCode::corrupt, "the period of cgroup " + dir.path() + " is not understood");
}

KnobValue bytes_of(const std::optional<Bytes>& limit) {
  return limit ? KnobValue(limit->count) : KnobValue();
}

}  // namespace

Result<KnobFile> KnobFile::open(const CgroupDir& dir, Knob knob, bool is_v1) {
  const char* const name = file_name(knob, is_v1);
  if (name == nullptr) {
    return Error(ErrorCode::unsupported,
                 fmt::format("cgroup {} has no {} here", dir.path(), to_string(knob)));
  }
  auto fd = open_at(dir.fd(), name, O_RDWR);
  if (!fd) return fd.error().in("cgroup " + dir.path());
  KnobFile file(*std::move(fd), knob, is_v1);
  if (knob == Knob::cpu_max) {
    FS_TRY(file.period_usec_, read_period(dir, is_v1));
  }
  return file;
}

KnobValue KnobFile::parse(std::string_view text, bool& understood) const {
  understood = true;
  if (knob_ == Knob::cpu_max && is_v1_) {
    if (const auto cfs = parse_cfs(text, fmt::format_int(period_usec_).c_str()))
      return cfs->millicores();
  } else if (knob_ == Knob::cpu_max) {
    if (const auto bandwidth = parse_cpu_max(text)) return bandwidth->millicores();
  } else if (knob_ == Knob::cpu_weight) {
    if (const auto count = parse_count(text)) return is_v1_ ? weight_of_shares(*count) : *count;
  } else if (const auto limit = parse_memory_limit(text)) {
    return bytes_of(*limit);
  }
  understood = false;
  return std::nullopt;
}

Result<KnobValue> KnobFile::read() const {
  ValueText text;
  const auto bytes = ::pread(fd_.get(), text.data(), text.size(), 0);
  if (bytes < 0) return error_from_errno(fmt::format("read {}", to_string(knob_)));
  bool understood = false;
  const auto value = parse({text.data(), static_cast<std::size_t>(bytes)}, understood);
  if (understood) return value;
  return Error(ErrorCode::corrupt, fmt::format("read {}: not understood", to_string(knob_)));
}

Result<void> KnobFile::write(KnobValue value) const {
  ValueText text;
  char* end = text.data();
  if (knob_ == Knob::cpu_max) {
    const auto quota = value ? quota_usec_for(*value, period_usec_) : std::nullopt;
    if (value && !quota) return Error(ErrorCode::invalid_argument, "write cpu_max: too much");
    if (is_v1_) {
      end = quota ? fmt::format_to(end, "{}", *quota) : fmt::format_to(end, "-1");
    } else {
      end = quota ? fmt::format_to(end, "{} {}", *quota, period_usec_)
                  : fmt::format_to(end, "max {}", period_usec_);
    }
  } else if (knob_ == Knob::cpu_weight) {
    if (!value) return Error(ErrorCode::invalid_argument, "write cpu_weight: it has no max");
    end = fmt::format_to(end, "{}", is_v1_ ? shares_of_weight(*value) : *value);
  } else {
    end = value ? fmt::format_to(end, "{}", *value)
                : fmt::format_to(end, "{}", is_v1_ ? "-1" : "max");
  }
  const auto bytes = static_cast<std::size_t>(end - text.data());
  if (::pwrite(fd_.get(), text.data(), bytes, 0) == static_cast<ssize_t>(bytes)) return {};
  return error_from_errno(fmt::format("write {}", to_string(knob_)));
}

}  // namespace foreshock::agent

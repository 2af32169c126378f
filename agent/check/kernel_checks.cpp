#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>

#include "agent/check/checks.h"
#include "common/os/file.h"

namespace foreshock::agent {
namespace {

constexpr std::size_t kMaxBtfBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxMountinfoBytes = std::size_t{16} << 20;
constexpr std::string_view kBtfMagic("\x9f\xeb", 2);  // 0xeb9f, little endian
constexpr std::string_view kBtfMagicBigEndian("\xeb\x9f", 2);

struct KernelVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};
constexpr KernelVersion kRingBuffer{5, 8};      // ring buffer, task iterator, CAP_BPF
constexpr KernelVersion kMemoryAccount{5, 11};  // before: maps count against RLIMIT_MEMLOCK
constexpr KernelVersion kOldestTested{6, 1};

std::optional<KernelVersion> parse_version(std::string_view release) {
  KernelVersion version;
  const auto* end = release.data() + release.size();
  const auto major = std::from_chars(release.data(), end, version.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc()) return std::nullopt;
  return version;
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

/// The value of "Name:   value" in a file of /proc.
std::optional<std::string_view> find_field(std::string_view text, std::string_view name) {
  for (std::size_t begin = 0; begin < text.size();) {
    const auto line = first_line(text.substr(begin));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      const auto value = line.find_first_not_of(" \t", name.size() + 1);
      return value == std::string_view::npos ? std::string_view() : line.substr(value);
    }
    begin += line.size() + 1;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

struct Capability {
  int bit;
  std::string_view name;
  bool implied_by_sys_admin;
};
constexpr int kSysAdmin = 21;
constexpr Capability kToCapture[] = {{39, "CAP_BPF", true}, {38, "CAP_PERFMON", true}};
constexpr Capability kToSeeAndAct[] = {{1, "CAP_DAC_OVERRIDE", false},
                                       {19, "CAP_SYS_PTRACE", false}};

template <std::size_t N>
std::string missing_capabilities(const Capability (&wanted)[N], std::uint64_t effective) {
  const auto has = [effective](int bit) { return (effective >> bit & 1) != 0; };
  std::string missing;
  for (const auto& capability : wanted) {
    if (has(capability.bit) || (capability.implied_by_sys_admin && has(kSysAdmin))) continue;
    missing += missing.empty() ? "" : ", ";
    missing += capability.name;
  }
  return missing;
}

}  // namespace

Check check_kernel(const PreflightOptions& options) {
  const auto release = read_file(options.proc_root + "/sys/kernel/osrelease");
  if (!release) return {"kernel", CheckState::fail, release.error().message(), "Mount /proc."};
  const auto name = std::string(first_line(*release));
  const auto version = parse_version(name);
  if (!version)
    return {"kernel", CheckState::warn, fmt::format("{}: version not understood", name), ""};
  if (*version < kRingBuffer) {
    return {"kernel", CheckState::fail, name + ": no BPF ring buffer before 5.8",
            "Run a kernel of 6.1 or later."};
  }
  if (*version < kMemoryAccount) {
    return {"kernel", CheckState::warn,
            name + ": BPF maps count against RLIMIT_MEMLOCK before 5.11",
            "Run a kernel of 6.1 or later, or set LimitMEMLOCK=infinity in the service."};
  }
  if (*version < kOldestTested) {
    return {"kernel", CheckState::warn, name + ": tested on 6.1 and later",
            "Run a kernel of 6.1 or later."};
  }
  return {"kernel", CheckState::ok, name, ""};
}

Check check_privileges(const PreflightOptions& options) {
  const auto status = read_file(options.proc_root + "/self/status");
  if (!status) return {"privileges", CheckState::fail, status.error().message(), "Mount /proc."};
  const auto field = find_field(*status, "CapEff");
  const auto effective = field ? parse_number(*field, 16) : std::nullopt;
  if (!effective)
    return {"privileges", CheckState::warn, "effective capabilities not understood", ""};
  constexpr std::string_view kRemedy =
      "Run as root, or let the service have them (AmbientCapabilities= in its unit).";
  if (const auto missing = missing_capabilities(kToCapture, *effective); !missing.empty()) {
    return {"privileges", CheckState::fail, missing + " missing: commands cannot be captured",
            std::string(kRemedy)};
  }
  if (const auto missing = missing_capabilities(kToSeeAndAct, *effective); !missing.empty()) {
    return {"privileges", CheckState::warn,
            missing +
                " missing: other users' processes are seen in part, cgroups not owned cannot be "
                "adjusted",
            std::string(kRemedy)};
  }
  return {"privileges", CheckState::ok, "all capabilities needed to capture, measure and adjust",
          ""};
}

Check check_lockdown(const PreflightOptions& options) {
  const auto text = read_file(options.sys_root + "/kernel/security/lockdown");
  if (!text) return {"lockdown", CheckState::ok, "kernel lockdown not in use", ""};
  if (text->find("[confidentiality]") != std::string::npos) {
    return {"lockdown", CheckState::fail,
            "mode confidentiality: BPF programs may not read the kernel's memory",
            "Boot with lockdown=integrity or without it."};
  }
  return {"lockdown", CheckState::ok, fmt::format("mode {}", first_line(*text)), ""};
}

Check check_btf(const PreflightOptions& options) {
  const auto path = options.sys_root + "/kernel/btf/vmlinux";
  const auto head = open_at(AT_FDCWD, path, O_RDONLY);
  if (!head) {
    return {"btf", CheckState::fail,
            head.error().message() + ": programs cannot be fitted to this kernel",
            "Run a kernel with CONFIG_DEBUG_INFO_BTF=y (Debian's are)."};
  }
  const auto btf = read_file(path, kMaxBtfBytes);
  if (!btf) return {"btf", CheckState::fail, btf.error().message(), ""};
  if (!btf->starts_with(kBtfMagic) && !btf->starts_with(kBtfMagicBigEndian)) {
    return {"btf", CheckState::fail, path + " is not BTF", ""};
  }
  return {"btf", CheckState::ok, fmt::format("{} ({})", path, format_bytes(btf->size())), ""};
}

Check check_tracepoints(const PreflightOptions& options) {
  const auto btf = read_file(options.sys_root + "/kernel/btf/vmlinux", kMaxBtfBytes);
  if (!btf) return {"tracepoints", CheckState::fail, "not known without BTF", ""};
  std::string missing;
  for (const std::string_view name :
       {"sched_process_exec", "sched_process_exit", "sched_process_free", "inet_sock_set_state"}) {
    // The strings of BTF each end with NUL; a tracepoint's prototype is the type btf_trace_<name>.
    const auto type = fmt::format("btf_trace_{}{}", name, '\0');
    if (btf->find(type) == std::string::npos)
      missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (!missing.empty()) {
    return {"tracepoints", CheckState::fail, missing + ": not in this kernel",
            "Run a kernel with CONFIG_TRACEPOINTS=y."};
  }
  return {"tracepoints", CheckState::ok,
          "sched_process_exec, sched_process_exit, sched_process_free, inet_sock_set_state", ""};
}

Check check_bpffs(const PreflightOptions& options) {
  if (options.pin_directory.empty())
    return {"bpffs", CheckState::ok, "pinning is switched off", ""};
  const auto mounts = read_file(options.proc_root + "/self/mountinfo", kMaxMountinfoBytes);
  if (!mounts) return {"bpffs", CheckState::warn, mounts.error().message(), ""};
  if (mounts->find(" - bpf ") != std::string::npos) return {"bpffs", CheckState::ok, "mounted", ""};
  return {"bpffs", CheckState::warn,
          "not mounted: commands that run while the agent restarts are missed",
          fmt::format("mount -t bpf bpf {}/fs/bpf", options.sys_root)};
}

Check check_ring_memory(const PreflightOptions& options) {
  constexpr std::uint64_t kReserve =
      4;  // the ring is locked memory: it shall not be what fills the host
  const auto meminfo = read_file(options.proc_root + "/meminfo");
  const auto field = meminfo ? find_field(*meminfo, "MemAvailable") : std::nullopt;
  const auto kib = field ? parse_number(*field, 10) : std::nullopt;
  if (!kib) return {"ring_memory", CheckState::warn, "available memory not known", ""};
  const auto available = *kib * 1024;
  const auto detail = fmt::format("ring of {}, {} available", format_bytes(options.ring.count),
                                  format_bytes(available));
  if (available / kReserve < options.ring.count) {
    return {"ring_memory", CheckState::warn, detail,
            "Choose a smaller capture.ring in agent.toml."};
  }
  return {"ring_memory", CheckState::ok, detail, ""};
}

}  // namespace foreshock::agent

#include "agent/cgroup/workload_identity.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "agent/cgroup/cgroup_files.h"

namespace foreshock::agent {

namespace {

struct ScopePrefix {
  std::string_view prefix;
  std::string_view runtime;
};

/// "docker-<id>.scope" of the systemd driver; the cgroupfs driver of podman has no ".scope".
constexpr std::array kScopePrefixes = {
    ScopePrefix{"docker-", "docker"},
    ScopePrefix{"libpod-", "podman"},
    ScopePrefix{"cri-containerd-", "containerd"},
    ScopePrefix{"containerd-", "containerd"},
    ScopePrefix{"nerdctl-", "containerd"},
    ScopePrefix{"crio-", "crio"},
    ScopePrefix{"buildah-", "buildah"},
};

/// Unit types that hold processes; slices only hold other units.
constexpr std::array<std::string_view, 5> kUnitSuffixes = {".service", ".scope", ".socket",
                                                           ".mount", ".swap"};

bool is_unit(std::string_view name) {
  return std::ranges::any_of(kUnitSuffixes, [name](std::string_view suffix) {
    return name.size() > suffix.size() && name.ends_with(suffix);
  });
}

bool is_slice(std::string_view name) {
  return name.size() > 6 && name.ends_with(".slice");
}

bool is_user_manager(std::string_view unit) {
  return unit.starts_with("user@") && unit.ends_with(".service");
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// 64 hex digits; Amazon ECS and Fargate: 32 of them, '-' and a number.
bool is_container_id(std::string_view text) {
  if (text.size() == 64) return is_hex(text);
  return text.size() > 33 && text[32] == '-' && is_hex(text.substr(0, 32)) &&
         is_number(text.substr(33));
}

/// systemd escapes bytes of names as \x2d.
std::string unescape(std::string_view name) {
  std::string text;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if (name.substr(at).starts_with("\\x") && name.size() - at >= 4 &&
        is_hex(name.substr(at + 2, 2))) {
      text += static_cast<char>(std::stoi(std::string(name.substr(at + 2, 2)), nullptr, 16));
      at += 3;
    } else {
      text += name[at];
    }
  }
  return text;
}

std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

/// "kubepods-burstable-pod1234_5678.slice" or "pod1234-5678": the pod's uid.
std::optional<std::string> pod_of(std::string_view name) {
  std::string uid;
  if (name.starts_with("kubepods") && is_slice(name)) {
    const auto pod = name.find("-pod");
    if (pod == std::string_view::npos) return std::nullopt;
    uid = without_suffix(name.substr(pod + 4), ".slice");
    std::ranges::replace(uid, '_', '-');
  } else if (name.starts_with("pod")) {
    uid = name.substr(3);
  }
  const bool plausible = uid.size() >= 32 && std::ranges::all_of(uid, [](char c) {
                           return c == '-' || is_hex(std::string_view(&c, 1));
                         });
  return plausible ? std::optional(std::move(uid)) : std::nullopt;
}

struct Container {
  std::string runtime;
  std::string id;
  std::string name;
};

std::optional<Container> container_of_scope(std::string_view name) {
  const auto inner = without_suffix(name, ".scope");
  for (const auto& [prefix, runtime] : kScopePrefixes) {
    // "libpod-conmon-<id>" is the container's monitor, outside of it; so is "crio-conmon-<id>".
    if (!inner.starts_with(prefix)) continue;
    const auto id = inner.substr(prefix.size());
    if (!is_container_id(id)) continue;
    return Container{std::string(runtime), std::string(id), {}};
  }
  return std::nullopt;
}

/// "machine-web.scope" of systemd-nspawn, "machine-qemu\x2d1\x2dweb.scope" of libvirt.
std::optional<Container> container_of_machine(std::string_view name) {
  if (name.starts_with("systemd-nspawn@") && name.ends_with(".service")) {
    const auto machine = unescape(without_suffix(name.substr(15), ".service"));
    return Container{"nspawn", machine, machine};
  }
  std::string machine;
  if (name.starts_with("machine-") && name.ends_with(".scope")) {
    machine = unescape(without_suffix(name.substr(8), ".scope"));
  } else if (name.ends_with(".libvirt-qemu") || name.ends_with(".libvirt-lxc")) {
    machine = name.substr(0, name.rfind('.'));
  } else {
    return std::nullopt;
  }
  for (const std::string_view driver : {"qemu", "lxc"}) {
    // driver, number, name
    if (!machine.starts_with(std::string(driver) + "-")) continue;
    const auto number_end = machine.find('-', driver.size() + 1);
    if (number_end == std::string::npos) continue;
    if (!is_number(
            std::string_view(machine).substr(driver.size() + 1, number_end - driver.size() - 1)))
      continue;
    const auto domain = machine.substr(number_end + 1);
    return Container{driver == "qemu" ? "qemu" : "libvirt-lxc", domain, domain};
  }
  if (name.ends_with(".scope")) return Container{"nspawn", machine, machine};
  return std::nullopt;
}

/// "lxc.payload.web", "lxc.payload/web" and "lxc/web"; "lxc.monitor.…" is outside the container.
std::optional<Container> container_of_lxc(std::string_view above, std::string_view name) {
  constexpr std::string_view kPayload = "lxc.payload.";
  if (name.starts_with(kPayload))
    name.remove_prefix(kPayload.size());
  else if (above != "lxc" && above != "lxc.payload")
    return std::nullopt;
  if (name.empty()) return std::nullopt;
  return Container{"lxc", std::string(name), std::string(name)};
}

/// The cgroupfs driver: a directory of the runtime, then the bare id.
std::optional<Container> container_of_directory(std::span<const std::string_view> above,
                                                std::string_view name) {
  // containerd that was told to use systemd, under a manager that was not:
  // "kubepods-pod….slice:cri-containerd:<id>".
  if (const auto colon = name.rfind(':'); colon != std::string_view::npos) {
    const auto before = name.substr(0, colon);
    const auto id = name.substr(colon + 1);
    if (!is_container_id(id)) return std::nullopt;
    if (before.ends_with(":cri-containerd")) return Container{"containerd", std::string(id), {}};
    if (before.ends_with(":docker")) return Container{"docker", std::string(id), {}};
    if (before.ends_with(":crio")) return Container{"crio", std::string(id), {}};
    return std::nullopt;
  }
  if (!is_container_id(name) || above.empty()) return std::nullopt;
  const auto is_above = [above](std::string_view word) {
    return std::ranges::find(above, word) != above.end();
  };
  std::string runtime;
  const bool is_docker = is_above("docker");
  if (!is_docker && is_above("kubepods"))
    runtime = "kubernetes";
  else if (is_docker || is_above("ecs") || is_above("actions_job"))
    runtime = "docker";
  else if (above.size() == 1)
    runtime = "containerd";  // its namespace: default, k8s.io, moby
  if (runtime.empty()) return std::nullopt;
  return Container{std::move(runtime), std::string(name), {}};
}

void add_unit(std::span<const std::string_view> names, WorkloadIdentity& identity) {
  bool in_user_manager = false;
  for (const auto name : names) {
    if (is_slice(name)) {
      identity.slice = name;
    } else if (is_unit(name)) {
      identity.unit = name;
      if (in_user_manager || !is_user_manager(name)) return;
      in_user_manager = true;
    } else if (!in_user_manager) {
      return;  // not of systemd from here on
    }
  }
}

void add_container(std::span<const std::string_view> names, WorkloadIdentity& identity) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto pod = pod_of(names[i])) identity.pod = *std::move(pod);
    auto container = container_of_scope(names[i]);
    if (!container) container = container_of_machine(names[i]);
    if (!container) container = container_of_lxc(i > 0 ? names[i - 1] : "", names[i]);
    if (!container) container = container_of_directory(names.first(i), names[i]);
    if (!container) continue;
    // The outermost is what this host runs; what that nests is its own affair.
    identity.container_runtime = std::move(container->runtime);
    identity.container_id = std::move(container->id);
    identity.container_name = std::move(container->name);
    return;
  }
}

}  // namespace

WorkloadIdentity parse_workload_identity(std::string_view cgroup) {
  WorkloadIdentity identity;
  identity.cgroup = cgroup;
  std::vector<std::string_view> names = split_at(cgroup, '/');
  std::erase(names, std::string_view());
  add_unit(names, identity);
  add_container(names, identity);
  return identity;
}

}  // namespace foreshock::agent

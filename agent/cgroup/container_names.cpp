#include "agent/cgroup/container_names.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "common/os/file.h"

namespace foreshock::agent {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxFileBytes = std::size_t{16} << 20;

Json read_json(const std::string& path) {
  const auto text = read_file(path, kMaxFileBytes);
  return text ? Json::parse(*text, nullptr, false) : Json();
}

std::optional<std::string> text_of(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object.at(key).is_string())
    return std::nullopt;
  auto text = object.at(key).get<std::string>();
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::optional<std::string> read_docker(const std::string& root, const std::string& id) {
  const auto config = read_json(root + "/var/lib/docker/containers/" + id + "/config.v2.json");
  auto name = text_of(config, "Name");  // "/web"
  if (name && name->starts_with('/')) name->erase(0, 1);
  return name;
}

std::optional<std::string> read_podman(const std::string& root, const std::string& id) {
  for (const std::string_view file : {"containers.json", "volatile-containers.json"}) {
    const auto list =
        read_json(root + "/var/lib/containers/storage/overlay-containers/" + std::string(file));
    if (!list.is_array()) continue;
    for (const auto& container : list) {
      if (text_of(container, "id") != id || !container.contains("names")) continue;
      const auto& names = container.at("names");
      if (names.is_array() && !names.empty() && names.front().is_string())
        return names.front().get<std::string>();
    }
  }
  return std::nullopt;
}

/// /var/lib/nerdctl/<hash>/names/<namespace>/<name> holds the id.
std::optional<std::string> read_nerdctl(const std::string& root, const std::string& id) {
  const std::string base = root + "/var/lib/nerdctl";
  for (const auto& hash : list_directory(base).value_or({})) {
    const std::string names = base + "/" + hash + "/names";
    for (const auto& space : list_directory(names).value_or({})) {
      for (const auto& name : list_directory(names + "/" + space).value_or({})) {
        const auto held = read_file(names + "/" + space + "/" + name, 256);
        if (held && held->starts_with(id)) return name;
      }
    }
  }
  return std::nullopt;
}

/// /var/log/containers/<pod>_<namespace>_<container>-<id>.log: "namespace/pod/container".
std::optional<std::string> read_kubelet(const std::string& root, const std::string& id) {
  const std::string suffix = "-" + id + ".log";
  for (const auto& file : list_directory(root + "/var/log/containers").value_or({})) {
    if (!file.ends_with(suffix)) continue;
    const auto stem = file.substr(0, file.size() - suffix.size());
    const auto first = stem.find('_');
    const auto second = first == std::string::npos ? first : stem.find('_', first + 1);
    if (second == std::string::npos) continue;
    return stem.substr(first + 1, second - first - 1) + "/" + stem.substr(0, first) + "/" +
           stem.substr(second + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> read_container_name(const std::string& root,
                                               const WorkloadIdentity& identity) {
  if (!identity.pod.empty()) return read_kubelet(root, identity.container_id);
  if (identity.container_runtime == "docker") return read_docker(root, identity.container_id);
  if (identity.container_runtime == "podman") return read_podman(root, identity.container_id);
  if (identity.container_runtime == "containerd") return read_nerdctl(root, identity.container_id);
  return std::nullopt;
}

}  // namespace foreshock::agent

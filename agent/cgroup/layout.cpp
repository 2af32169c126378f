#include "agent/cgroup/layout.h"

#include <algorithm>
#include <array>
#include <vector>

#include "agent/cgroup/cgroup_files.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

// A host with many containers has thousands of mounts.
constexpr std::size_t kMountinfoLimit = std::size_t{16} << 20;

// What a v1 mount's options may name; the rest of them ("rw", "xattr", "name=systemd") limits
// nothing.
constexpr std::array<std::string_view, 14> kV1Controllers = {
    "blkio",  "cpu",  "cpuacct", "cpuset",   "devices",    "freezer", "hugetlb",
    "memory", "misc", "net_cls", "net_prio", "perf_event", "pids",    "rdma"};

struct Mount {
  std::string root;  ///< which directory of the file system is mounted
  std::string point;
  std::string_view type;
  std::string_view options;
};

// The kernel writes space, tab, newline and backslash of a path as \040 and so on.
std::string unescape(std::string_view text) {
  const auto octal = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(i + 1) && octal(i + 2) && octal(i + 3)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// "31 23 0:28 / /sys/fs/cgroup/cpu rw,relatime shared:4 - cgroup cgroup rw,cpu": optional fields
// end at "-".
std::optional<Mount> parse_mount(std::string_view line) {
  const std::vector<std::string_view> words = split_words(line);
  const auto dash = std::ranges::find(words, "-");
  if (dash - words.begin() < 6 || words.end() - dash < 4) return std::nullopt;
  return Mount{unescape(words[3]), unescape(words[4]), dash[1], dash[3]};
}

// A mount of the whole tree wins over one of a part of it (a container's); else the first one
// stays.
bool is_better(const Mount& mount, const std::string& present) {
  return present.empty() || mount.root == "/";
}

void add_v1_mount(const Mount& mount, CgroupLayout& layout) {
  for (const std::string_view option : split_at(mount.options, ',')) {
    if (std::ranges::find(kV1Controllers, option) == kV1Controllers.end()) continue;
    std::string& root = layout.v1_roots[std::string(option)];
    if (is_better(mount, root)) root = mount.point;
  }
}

}  // namespace

bool CgroupLayout::workloads_in_v1() const {
  return !v2_controllers.contains("cpu") && v1_roots.contains("cpu");
}

std::string CgroupLayout::workload_root() const {
  return workloads_in_v1() ? v1_roots.at("cpu") : v2_root;
}

std::optional<std::string> CgroupLayout::root_of(const std::string& controller) const {
  if (v2_controllers.contains(controller)) return v2_root;
  if (const auto found = v1_roots.find(controller); found != v1_roots.end()) return found->second;
  return std::nullopt;
}

bool CgroupLayout::is_v1(const std::string& controller) const {
  return !v2_controllers.contains(controller) && v1_roots.contains(controller);
}

std::string_view to_string(CgroupLayout::Kind kind) {
  switch (kind) {
    case CgroupLayout::Kind::v1:
      return "v1";
    case CgroupLayout::Kind::v2:
      return "v2";
    case CgroupLayout::Kind::hybrid:
      return "hybrid";
    case CgroupLayout::Kind::none:
      break;
  }
  return "none";
}

CgroupLayout parse_layout(const std::string& mountinfo, const std::string& v2_controllers_text,
                          const std::string& v2_subtree_control_text) {
  CgroupLayout layout;
  for (const std::string_view line : split_at(mountinfo, '\n')) {
    const std::optional<Mount> mount = parse_mount(line);
    if (!mount) continue;
    if (mount->type == "cgroup") add_v1_mount(*mount, layout);
    if (mount->type == "cgroup2" && is_better(*mount, layout.v2_root))
      layout.v2_root = mount->point;
  }
  if (!layout.v2_root.empty()) {
    for (const auto name : split_words(v2_controllers_text))
      layout.v2_controllers[std::string(name)] = false;
    for (const auto name : split_words(v2_subtree_control_text))
      layout.v2_controllers[std::string(name)] = true;
  }
  const bool v1 = !layout.v1_roots.empty();
  const bool v2 = !layout.v2_root.empty();
  layout.kind = v1 && v2 ? CgroupLayout::Kind::hybrid
                : v1     ? CgroupLayout::Kind::v1
                : v2     ? CgroupLayout::Kind::v2
                         : CgroupLayout::Kind::none;
  return layout;
}

Result<CgroupLayout> read_layout(const std::string& proc_root) {
  FS_TRY(const std::string mountinfo, read_file(proc_root + "/self/mountinfo", kMountinfoLimit));
  const std::string v2_root = parse_layout(mountinfo, {}).v2_root;
  if (v2_root.empty()) return parse_layout(mountinfo, {});
  // The root of a container's cgroup namespace may lack these: then nothing of v2 is ours to use.
  return parse_layout(mountinfo, read_file(v2_root + "/cgroup.controllers").value_or({}),
                      read_file(v2_root + "/cgroup.subtree_control").value_or({}));
}

std::optional<std::string> parse_membership(std::string_view proc_cgroup, bool workloads_in_v1) {
  for (const std::string_view line : split_at(proc_cgroup, '\n')) {
    const std::size_t first = line.find(':');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool ours = workloads_in_v1 ? std::ranges::count(split_at(controllers, ','), "cpu") > 0
                                      : line.substr(0, first) == "0" && controllers.empty();
    if (ours) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

}  // namespace foreshock::agent

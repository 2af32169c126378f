#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/core.h>
#include <unistd.h>

#include "agent/cgroup/layout.h"
#include "agent/check/checks.h"
#include "common/os/file.h"

namespace foreshock::agent {
namespace {

struct Controller {
  std::string_view name;
  std::string_view without;   ///< what does not work where it is missing
  std::string_view property;  ///< of a unit, that makes systemd switch it on for the unit
};
constexpr std::array kControllers = {
    Controller{"cpu", "processor time can be neither limited nor weighted", "CPUWeight=100"},
    Controller{"memory", "memory can be neither measured by workload nor limited",
               "MemoryAccounting=yes"},
    Controller{"io", "storage traffic is not measured by workload", "IOAccounting=yes"},
    Controller{"pids", "processes are not counted by workload", "TasksAccounting=yes"},
};

/// The v1 name of what v2 calls io.
std::string v1_name(std::string_view controller) {
  return controller == "io" ? "blkio" : std::string(controller);
}

/// systemd owns the files where it runs: it takes back what others write there.
std::string how_to_switch_on(const Controller& controller, const std::string& root,
                             bool systemd_runs) {
  if (!systemd_runs)
    return fmt::format("echo +{} > {}/cgroup.subtree_control", controller.name, root);
  return fmt::format("systemctl set-property UNIT {} switches it on for that unit.",
                     controller.property);
}

Check check_controller(const CgroupLayout& layout, const Controller& controller,
                       bool systemd_runs) {
  Check check{"cgroup_" + std::string(controller.name), CheckState::ok, "", ""};
  const auto name = layout.v2_controllers.contains(std::string(controller.name))
                        ? std::string(controller.name)
                        : v1_name(controller.name);
  const auto root = layout.root_of(name);
  if (!root) {
    check.state = CheckState::warn;
    check.detail = fmt::format("no such controller: {}", controller.without);
    check.remedy = controller.name == "memory" ? "Boot with cgroup_enable=memory." : "";
    return check;
  }
  const bool v1 = layout.is_v1(name);
  check.detail = fmt::format("{} at {}", v1 ? "v1" : "v2", *root);
  const auto delegated = layout.v2_controllers.find(name);
  if (!v1 && delegated != layout.v2_controllers.end() && !delegated->second) {
    check.state = CheckState::warn;
    check.detail += fmt::format(", not switched on for what lies below: {}", controller.without);
    check.remedy = how_to_switch_on(controller, *root, systemd_runs);
  } else if (::access(root->c_str(), W_OK) != 0) {
    check.state = CheckState::warn;
    check.detail += ", read-only for this user: measured, not adjusted";
    check.remedy = "Run as root, and outside containers that mount cgroups read-only.";
  }
  return check;
}

/// The nearest directory above that exists.
std::string existing_parent(const std::string& path) {
  std::filesystem::path at(path);
  std::error_code ignored;
  while (at.has_relative_path() && !std::filesystem::exists(at, ignored)) at = at.parent_path();
  return at.empty() ? "." : at.string();
}

}  // namespace

std::vector<Check> check_cgroups(const PreflightOptions& options) {
  std::vector<Check> checks;
  const auto layout = read_layout(options.proc_root);
  const auto known = layout ? *layout : CgroupLayout();
  if (!layout || known.kind == CgroupLayout::Kind::none) {
    checks.push_back(
        {"cgroups", CheckState::fail,
         layout ? "none mounted: workloads cannot be told apart" : layout.error().message(),
         "mount -t cgroup2 cgroup2 /sys/fs/cgroup"});
  } else {
    checks.push_back(
        {"cgroups", CheckState::ok,
         fmt::format("{}, workloads at {}", to_string(known.kind), known.workload_root()), ""});
  }
  std::error_code ignored;
  // As sd_booted(3) finds out.
  const bool systemd_runs =
      std::filesystem::is_directory(options.run_root + "/systemd/system", ignored);
  for (const auto& controller : kControllers) {
    checks.push_back(check_controller(known, controller, systemd_runs));
  }
  return checks;
}

Check check_pressure(const PreflightOptions& options) {
  // Opening works where PSI is built in but off; reading does not.
  const auto text = read_file(options.proc_root + "/pressure/cpu");
  if (text && text->starts_with("some "))
    return {"pressure", CheckState::ok, "cpu, memory, io", ""};
  return {"pressure", CheckState::warn,
          "no pressure figures (PSI): stalls are not seen, cuts are undone later",
          "Boot with psi=1 (kernel built with CONFIG_PSI=y)."};
}

Check check_login_ids(const PreflightOptions& options) {
  const auto text = read_file(options.proc_root + "/self/loginuid");
  if (text && !text->empty())
    return {"login_ids", CheckState::ok, "who logged in is known behind sudo and su", ""};
  return {"login_ids", CheckState::warn,
          "not recorded: behind sudo and su only the new user is known",
          "Run a kernel with CONFIG_AUDIT=y, without audit=0."};
}

Check check_state_directory(const PreflightOptions& options) {
  const auto& path = options.state_directory;
  const auto there = existing_parent(path);
  const auto writable = check_writable_directory(there);
  if (!writable) {
    return {"state_directory", CheckState::fail,
            writable.error().message() + ": reports cannot be kept",
            fmt::format("Run as root, or make {} writable for the agent.", path)};
  }
  return {"state_directory", CheckState::ok,
          there == path ? path : fmt::format("{} can be made", path), ""};
}

}  // namespace foreshock::agent

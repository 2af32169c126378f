#include "agent/check/preflight.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "agent/check/checks.h"

namespace foreshock::agent {
namespace {

Tint tint_of(CheckState state) {
  switch (state) {
    case CheckState::ok:
      return Tint::good;
    case CheckState::warn:
      return Tint::warning;
    case CheckState::fail:
      break;
  }
  return Tint::bad;
}

long count(const std::vector<Check>& checks, CheckState state) {
  return std::ranges::count(checks, state, &Check::state);
}

std::string summary(const std::vector<Check>& checks) {
  const auto warnings = count(checks, CheckState::warn);
  const auto failures = count(checks, CheckState::fail);
  if (failures > 0)
    return fmt::format("The agent cannot work here: {} failed, {} to look at.\n", failures,
                       warnings);
  if (warnings > 0) return fmt::format("The agent works here, {} to look at.\n", warnings);
  return "The agent works here in full.\n";
}

}  // namespace

std::string_view to_string(CheckState state) {
  switch (state) {
    case CheckState::ok:
      return "ok";
    case CheckState::warn:
      return "warn";
    case CheckState::fail:
      break;
  }
  return "fail";
}

std::vector<Check> run_preflight(const PreflightOptions& options) {
  const auto event_source = check_event_source(options);
  std::vector<Check> checks = {check_kernel(options),      check_privileges(options),
                               check_lockdown(options),    check_btf(options),
                               check_tracepoints(options), check_bpffs(options)};
  checks.push_back(check_ring_memory(options));
  soften_bpf_failures(event_source, checks);
  checks.insert(checks.begin(), event_source);
  std::ranges::move(check_cgroups(options), std::back_inserter(checks));
  checks.push_back(check_pressure(options));
  checks.push_back(check_login_ids(options));
  checks.push_back(check_state_directory(options));
  return checks;
}

int exit_status(const std::vector<Check>& checks) {
  if (count(checks, CheckState::fail) > 0) return 2;
  return count(checks, CheckState::warn) > 0 ? 1 : 0;
}

std::string render_text(const std::vector<Check>& checks, const TextStyle& style) {
  TextTable table({{"CHECK"}, {"STATE"}, {"DETAIL"}});
  for (const auto& check : checks) {
    table.add_row(
        {check.name, {std::string(to_string(check.state)), tint_of(check.state)}, check.detail});
  }
  auto text = table.render(style) + "\n";
  for (const auto& check : checks) {
    if (!check.remedy.empty()) text += fmt::format("{}: {}\n", check.name, check.remedy);
  }
  return text + summary(checks);
}

std::string render_json(const std::vector<Check>& checks) {
  auto list = nlohmann::json::array();
  for (const auto& check : checks) {
    list.push_back({{"name", check.name},
                    {"state", to_string(check.state)},
                    {"detail", check.detail},
                    {"remedy", check.remedy}});
  }
  const nlohmann::json document = {{"status", exit_status(checks)}, {"checks", std::move(list)}};
  // A path may hold bytes that are no UTF-8.
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace foreshock::agent

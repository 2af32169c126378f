#include "agent/restore_verb.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "agent/actuate/command_executor.h"
#include "agent/actuate/systemd_unit_actuator.h"
#include "agent/capture/pin_directory.h"
#include "agent/host_identity.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

bool is_restored(const ActionOutcome& outcome) {
  return outcome.status == ActionStatus::applied;
}

void print_text(const ActionOutcome& outcome) {
  const std::string detail = outcome.detail.empty() ? "" : " (" + outcome.detail + ")";
  fmt::print(
      "{} {}: {} {} to {}{}\n", outcome.target.path, to_string(outcome.knob),
      is_restored(outcome) ? "restored from" : "not restored, is",
      format_knob_value(outcome.knob, outcome.before),
      format_knob_value(outcome.knob, is_restored(outcome) ? outcome.after : outcome.requested),
      detail);
}

std::string json_text(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < ' ') {
      quoted += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string json_value(KnobValue value) {
  return value ? fmt::format("{}", *value) : "null";
}

void print_json(const ActionOutcome& outcome) {
  fmt::print(
      "{{\"cgroup\":{},\"knob\":\"{}\",\"restored\":{},\"before\":{},\"after\":{},\"detail\":{}}}"
      "\n",
      json_text(outcome.target.path), to_string(outcome.knob), is_restored(outcome),
      json_value(outcome.before), json_value(outcome.after), json_text(outcome.detail));
}

Result<void> unpin(const std::string& path) {
  if (path.empty() || !std::filesystem::exists(path)) return {};
  FS_TRY(const auto directory, PinDirectory::make(path));
  return directory.remove();
}

}  // namespace

Result<bool> run_restore(const AgentConfig& config, bool json) {
  if (!std::filesystem::exists(config.journal_file())) {
    FS_CHECK(unpin(config.pin_directory));
    return true;
  }
  const auto lock = lock_directory(config.state_directory);
  if (!lock) return lock.error().in("an agent is running; stop it first");
  FS_TRY(const BootId boot, read_boot_id());
  FS_TRY(const CgroupLayout layout, read_layout());
  FS_TRY(const auto journal, UndoJournal::open(config.journal_file(), boot));
  CommandExecutor executor(layout, through_systemd(make_actuators(layout), make_unit_properties()),
                           config.guardrails, *journal);
  bool all = true;
  const SystemClock clock;
  for (const ActionOutcome& outcome : executor.restore_all(clock.wall_now())) {
    json ? print_json(outcome) : print_text(outcome);
    all = all && is_restored(outcome);
  }
  FS_CHECK(unpin(config.pin_directory));
  return all;
}

}  // namespace foreshock::agent

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace foreshock::test {

/// A coordinator and an agent of this build on this machine, with their state in a temporary
/// directory.
class Services {
 public:
  struct Options {
    std::string agent_program;
    std::string coordinator_program;
    std::string more_agent_config;        ///< TOML appended to the agent's
    std::string more_coordinator_config;  ///< TOML appended to the coordinator's
    std::string pin_directory;            ///< empty: not pinned
  };

  explicit Services(Options options);

  void start_coordinator();
  /// The first start makes the agent's key and has it approved.
  void start_agent();
  ChildProcess& coordinator() { return *coordinator_; }
  ChildProcess& agent() { return *agent_; }

  /// Runs a verb of the coordinator's CLI against the running service.
  Finished coordinator_cli(std::vector<std::string> words) const;
  Finished agent_cli(std::vector<std::string> words) const;

  /// The agent's status says that the coordinator has let it in.
  bool agent_connected() const;
  /// Nothing is left in the agent's spool that the coordinator has not acknowledged.
  bool spool_empty() const;
  std::string history_file() const { return directory_ / "coordinator/history.db"; }
  std::string decisions_file() const { return directory_ / "coordinator/coordinator.db"; }
  std::string agent_state() const { return directory_ / "agent"; }
  std::string coordinator_state() const { return directory_ / "coordinator"; }
  std::string agent_log() const { return directory_ / "agent.log"; }
  std::string coordinator_log() const { return directory_ / "coordinator.log"; }
  const std::string& directory() const { return directory_.path(); }
  const std::string& agent_public_key() const { return agent_public_key_; }
  int port() const { return port_; }

 private:
  void write_configs();

  const Options options_;
  TempDir directory_;
  int port_;
  std::string agent_public_key_;
  std::string coordinator_public_key_;
  std::optional<ChildProcess> coordinator_;
  std::optional<ChildProcess> agent_;
};

std::string read_text(const std::string& path);

}  // namespace foreshock::test

#pragma once

#include <memory>

#include "agent/agent_config.h"
#include "common/base/result.h"

namespace foreshock::agent {

/// The one place where the agent's parts are joined: threads `capture` (source → redaction →
/// queue), `loop` (the calling thread: join, sample, report, spool, deliver, act) and the status
/// server's own.
class Agent {
 public:
  /// Opens everything; what fails says what to do.
  static Result<std::unique_ptr<Agent>> make(AgentConfig config);
  ~Agent();

  /// Blocks until SIGTERM or SIGINT; then stops along the data: capture first, spool last. SIGHUP
  /// has it read its configuration again: it takes over what has changed, or keeps all it has and
  /// logs why; capture goes on meanwhile.
  Result<void> run();

 private:
  struct Impl;
  explicit Agent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock::agent

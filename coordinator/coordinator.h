#pragma once

#include <memory>

#include "common/base/result.h"
#include "coordinator/coordinator_config.h"

namespace foreshock::coordinator {

/// The one place where the coordinator's parts are joined: threads `ingest` (owns the ROUTER),
/// `pipeline` (owns the writing connections), `learn` and the API's own, fed in this order and
/// stopped in this order.
class Coordinator {
 public:
  /// Opens everything: databases, key (made at the first start), sockets. What fails says what to
  /// do.
  static Result<std::unique_ptr<Coordinator>> make(CoordinatorConfig config);
  ~Coordinator();

  /// Blocks until SIGTERM or SIGINT. SIGHUP has it read its configuration again: it takes over what
  /// has changed, or keeps all it has and logs why.
  Result<void> run();

 private:
  struct Impl;
  explicit Coordinator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock::coordinator

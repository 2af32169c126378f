#pragma once

#include <array>
#include <functional>
#include <optional>

#include "common/base/clock.h"
#include "common/http/http_server.h"
#include "common/signature/signature_rules.h"
#include "common/sync/snapshot.h"
#include "coordinator/model/demand.h"

namespace foreshock::coordinator {

/// GET /v1/demand?command&uid&input_files&input_bytes: what a command will use, if it were executed
/// now. Borrowed parts outlive it, and it outlives the server.
class DemandRoutes {
 public:
  using Predictions = std::array<DemandPrediction, kDemandTargets.size()>;
  struct Parts {
    /// Absent: nothing has been learned yet. Any thread.
    std::function<std::optional<Predictions>(const DemandQuestion&)> predict;
    const Clock& clock;
    const Snapshot<SignatureRules>& signature_rules;  ///< how commands are named
  };
  explicit DemandRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  Result<std::string> get(const HttpRequest& request) const;

  Parts parts_;
};

}  // namespace foreshock::coordinator

#pragma once

#include <functional>
#include <string>

#include "common/http/http_server.h"
#include "common/sync/snapshot.h"
#include "coordinator/api/json_views.h"
#include "coordinator/model/learned_state.h"
#include "coordinator/registry/tag_store.h"

namespace foreshock::coordinator {

/// People's words on learned tags, below /v1/tags. Parameters host (may be left out where there is
/// one), workload (without it the host itself), key and value.
///
///   GET  /v1/tags/proposals?workload   likely tags that are not taken
///   POST /v1/tags/lock?…               the workload has this value, whatever else is found
///   POST /v1/tags/unlock?…             without value: rules and learning count again
///   POST /v1/tags/reject?…             this value is neither taken nor proposed
///
/// Borrowed parts outlive it, and it outlives the server.
class TagRoutes {
 public:
  struct Parts {
    TagStore& store;
    const Snapshot<LearnedState>& learned;
    std::function<Result<HostNames>()> host_names;
  };
  explicit TagRoutes(Parts parts) : parts_(std::move(parts)) {}
  void add_to(HttpServer& server);

 private:
  using Body = Result<std::string>;

  Body proposals(const HttpRequest& request) const;
  Body lock(const HttpRequest& request);
  Body unlock(const HttpRequest& request);
  Body reject(const HttpRequest& request);
  /// With a value where one `has_value`.
  Result<TagChoice> read_choice(const HttpRequest& request, bool has_value) const;
  Body answer(const TagChoice& choice, std::string_view state) const;

  Parts parts_;
};

}  // namespace foreshock::coordinator

#pragma once

#include "common/base/clock.h"
#include "common/model/resource_sample.h"

namespace foreshock::agent {

/// Looks at one kind of thing once per tick. What is missing is absent, not an error.
class ResourceSampler {
 public:
  virtual ~ResourceSampler() = default;
  /// Adds what it sees to `into`.
  virtual void sample(BootTime now, ResourceSample& into) = 0;
};

}  // namespace foreshock::agent

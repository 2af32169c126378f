#include "coordinator/model/policy.h"

namespace foreshock::coordinator {

std::string_view to_string(PolicyMode mode) {
  return mode == PolicyMode::auto_ ? "auto" : "observe";
}

std::string_view to_string(Resource resource) {
  return resource == Resource::memory ? "memory" : "cpu";
}

}  // namespace foreshock::coordinator

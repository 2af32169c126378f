#include "coordinator/model/demand.h"

namespace foreshock::coordinator {

std::string_view to_string(DemandTarget target) {
  switch (target) {
    case DemandTarget::cpu_s:
      return "cpu_s";
    case DemandTarget::peak_rss_bytes:
      return "peak_rss_bytes";
    case DemandTarget::duration_s:
      return "duration_s";
    case DemandTarget::io_bytes:
      return "io_bytes";
  }
  return "cpu_s";
}

}  // namespace foreshock::coordinator

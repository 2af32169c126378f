#include "common/model/report.h"

namespace foreshock {

std::string_view to_string(Hop hop) {
  switch (hop) {
    case Hop::kernel_exec:
      return "kernel_exec";
    case Hop::kernel_exit:
      return "kernel_exit";
    case Hop::decode:
      return "decode";
    case Hop::lifetime:
      return "lifetime";
    case Hop::spool:
      return "spool";
    case Hop::sampler:
      return "sampler";
    case Hop::unknown:
      break;
  }
  return "unknown";
}

}  // namespace foreshock

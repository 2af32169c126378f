#include "common/model/agent_use.h"

namespace foreshock {

std::string_view to_string(Saving saving) {
  switch (saving) {
    case Saving::nothing:
      return "nothing";
    case Saving::argument_files:
      return "argument_files";
    case Saving::samples:
      return "samples";
    case Saving::storm_limit:
      return "storm_limit";
    case Saving::single_commands:
      return "single_commands";
  }
  return "unknown";
}

}  // namespace foreshock

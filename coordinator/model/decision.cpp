#include "coordinator/model/decision.h"

namespace foreshock::coordinator {

std::string_view to_string(DecisionOutcome outcome) {
  switch (outcome) {
    case DecisionOutcome::keep:
      return "keep";
    case DecisionOutcome::raise:
      return "raise";
    case DecisionOutcome::lower:
      return "lower";
    case DecisionOutcome::hold:
      return "hold";
    case DecisionOutcome::arm:
      return "arm";
    case DecisionOutcome::disarm:
      return "disarm";
  }
  return "hold";
}

}  // namespace foreshock::coordinator

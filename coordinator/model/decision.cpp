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
  }
  return "hold";
}

}  // namespace foreshock::coordinator

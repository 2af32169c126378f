#include "common/model/binary_profile.h"

namespace foreshock {

std::string_view to_string(OpcodeKind kind) {
  switch (kind) {
    case OpcodeKind::arithmetic:
      return "arithmetic";
    case OpcodeKind::multiplication:
      return "multiplication";
    case OpcodeKind::floating_point:
      return "floating_point";
    case OpcodeKind::vector:
      return "vector";
    case OpcodeKind::load:
      return "load";
    case OpcodeKind::store:
      return "store";
    case OpcodeKind::branch:
      return "branch";
    case OpcodeKind::call:
      return "call";
    case OpcodeKind::other:
      break;
  }
  return "other";
}

}  // namespace foreshock

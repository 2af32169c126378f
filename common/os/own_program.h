#pragma once

#include <string>

namespace foreshock {

/// The path of a program of this package that only its others start: beside the running one, as it
/// is where they were built, else where such programs are installed. Whether it is there shows when
/// it is started.
std::string find_own_program(const std::string& name);

}  // namespace foreshock

#pragma once

#include <string_view>

namespace foreshock {

/// A file that was built into the program, see foreshock_embed() in common/cmake/Foreshock.cmake.
struct EmbeddedFile {
  std::string_view name;      ///< without its folder
  std::string_view contents;  ///< any bytes
};

}  // namespace foreshock

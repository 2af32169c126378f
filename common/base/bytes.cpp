#include "common/base/bytes.h"

#include <array>

#include <fmt/format.h>

namespace foreshock {

std::string format_bytes(std::uint64_t count) {
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double amount = static_cast<double>(count);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", count) : fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

}  // namespace foreshock

// A saved state of an online forecast, from a file that anything may have happened to.
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "common/base/assert.h"
#include "coordinator/forecast/online_forecaster.h"

using foreshock::WallTime;
using foreshock::coordinator::Forecast;
using foreshock::coordinator::OnlineForecaster;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto restored = OnlineForecaster::restore(std::as_bytes(std::span(data, size)));
  if (!restored) return 0;
  restored->update(restored->end() == WallTime() ? WallTime(restored->step()) : restored->end(), 1);
  const auto answer = restored->forecast({}, 50);
  if (const auto* made = std::get_if<Forecast>(&answer)) FS_ASSERT(made->quantiles.size() == 50);
  return 0;
}

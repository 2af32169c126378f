#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/schedule/time_zone.h"

namespace foreshock::agent {

inline TimeZone::Seconds at(int year, unsigned month, unsigned day, int hour, int minute) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                               std::chrono::day(day)) +
         std::chrono::hours(hour) + std::chrono::minutes(minute);
}

/// A compiled zone without a table: one offset, and a rule for all time.
inline std::string zone_file(const std::string& rule, std::int32_t offset) {
  const auto big_endian = [](std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
  };
  // Counts: two kinds of flags, leap seconds, times, types, bytes of names.
  std::string block = "TZif2" + std::string(15, '\0');
  for (const std::uint32_t count : {0U, 0U, 0U, 0U, 1U, 4U}) block += big_endian(count);
  block += big_endian(static_cast<std::uint32_t>(offset)) + std::string(2, '\0') + "LMT" + '\0';
  return block + block + "\n" + rule + "\n";
}

}  // namespace foreshock::agent

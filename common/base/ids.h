#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foreshock {

/// 128 bits that name one thing for ever: a boot of a host, an incarnation of a spool.
struct Id128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const Id128&) const = default;
  bool is_zero() const { return high == 0 && low == 0; }
};

/// 32 lower-case hex digits.
std::string to_string(const Id128& id);
/// Accepts 32 hex digits, with or without the dashes of a UUID.
std::optional<Id128> parse_id128(std::string_view text);
/// From the kernel's random source.
Id128 make_random_id128();

/// One boot of one host (/proc/sys/kernel/random/boot_id).
struct BootId {
  Id128 value;
  auto operator<=>(const BootId&) const = default;
};

/// One life of one spool: made with it, so that sequence numbers start again only under a new name.
struct Incarnation {
  Id128 value;
  auto operator<=>(const Incarnation&) const = default;
};

}  // namespace foreshock

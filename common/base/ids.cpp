#include "common/base/ids.h"

#include <fmt/format.h>
#include <sys/random.h>

#include "common/base/assert.h"

namespace foreshock {

std::string to_string(const Id128& id) {
  return fmt::format("{:016x}{:016x}", id.high, id.low);
}

std::optional<Id128> parse_id128(std::string_view text) {
  Id128 id;
  int digits = 0;
  for (char c : text) {
    if (c == '-') continue;
    int value = 0;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      value = c - 'A' + 10;
    } else {
      return std::nullopt;
    }
    if (++digits > 32) return std::nullopt;
    id.high = (id.high << 4) | (id.low >> 60);
    id.low = (id.low << 4) | static_cast<std::uint64_t>(value);
  }
  if (digits != 32) return std::nullopt;
  return id;
}

Id128 make_random_id128() {
  Id128 id;
  // getrandom of at most 256 bytes is neither short nor interrupted once the pool is initialised.
  FS_ASSERT(getrandom(&id, sizeof id, 0) == static_cast<ssize_t>(sizeof id));
  return id;
}

}  // namespace foreshock

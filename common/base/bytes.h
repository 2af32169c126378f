#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace foreshock {

/// An amount of memory or storage.
struct Bytes {
  std::uint64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

/// Raw bytes that we own: an encoded report, a datagram, a file's contents.
using ByteBuffer = std::vector<std::byte>;
/// Raw bytes that somebody else owns.
using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// "512.0 MiB": for people.
std::string format_bytes(std::uint64_t count);

}  // namespace foreshock

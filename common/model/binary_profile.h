#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"

namespace foreshock {

/// Kinds of machine instructions, as far as they tell what a program spends its time on. The
/// numbers are those of the wire and of the history.
enum class OpcodeKind : std::uint8_t {
  arithmetic = 0,  ///< of integers, and moves between registers
  multiplication = 1,
  floating_point = 2,
  vector = 3,
  load = 4,
  store = 5,
  branch = 6,
  call = 7,
  other = 8
};
inline constexpr std::size_t kOpcodeKinds = 9;
std::string_view to_string(OpcodeKind kind);

/// What a binary's code is like: features for what a run of it will need.
struct BinaryTraits {
  Bytes file;                             ///< size
  Bytes text;                             ///< size of its machine code
  std::uint32_t instructions = 0;         ///< looked at; 0: an unknown architecture
  std::array<float, kOpcodeKinds> mix{};  ///< shares by OpcodeKind, together 1
  float cycles = 0;                       ///< estimated, of an instruction in the mean
  float complexity = 0;                   ///< log2(1 + basic blocks)
  std::uint32_t imports = 0;              ///< functions from libraries
  std::uint32_t libraries = 0;            ///< it names itself
  bool operator==(const BinaryTraits&) const = default;
};

/// A binary that a host has executed.
struct BinaryProfile {
  std::uint64_t id = 0;  ///< of its contents, as executions name it; never 0
  std::string build_id;  ///< hexadecimal; empty: it has none
  std::string path;      ///< as it was executed where it was seen first
  BinaryTraits traits;
  std::vector<std::string> libraries;  ///< "libc.so.6"
  bool operator==(const BinaryProfile&) const = default;
};

}  // namespace foreshock

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/model/binary_profile.h"

namespace foreshock::agent {

using OpcodeCounts = std::array<std::uint32_t, kOpcodeKinds>;

/// Tells machine instructions by their kind, with Capstone. That library is loaded at the first use
/// and not linked: its tables, mostly of other processors, would cost every agent 3 MB of memory,
/// where only the short process that takes a binary apart needs them.
class Disassembler {
 public:
  /// Loads the library. A process that will not be allowed to open files calls it before.
  static Result<void> load();
  /// For an ELF file's `e_machine`: x86 and AArch64. Absent for others, and without the library.
  static std::optional<Disassembler> make(std::uint16_t machine);

  Disassembler(Disassembler&& other) noexcept;
  Disassembler& operator=(Disassembler&&) = delete;
  Disassembler(const Disassembler&) = delete;
  Disassembler& operator=(const Disassembler&) = delete;
  ~Disassembler();

  /// Adds the instructions of a stretch of code, which may begin and end within one.
  void count(const std::string& code, OpcodeCounts& counts) const;

 private:
  Disassembler(bool x86, std::size_t handle) : x86_(x86), handle_(handle) {}

  bool x86_;
  std::size_t handle_;  ///< Capstone's; 0: moved from
};

}  // namespace foreshock::agent

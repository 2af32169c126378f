#include "agent/binaries/disassembler.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <capstone/capstone.h>
#include <elf.h>
#include <fmt/format.h>

#include "common/os/shared_library.h"

namespace foreshock::agent {

namespace {

/// What is called of the library.
struct Capstone {
  decltype(&cs_open) open = nullptr;
  decltype(&cs_close) close = nullptr;
  decltype(&cs_option) option = nullptr;
  decltype(&cs_malloc) malloc = nullptr;
  decltype(&cs_free) free = nullptr;
  decltype(&cs_disasm_iter) disasm_iter = nullptr;
  decltype(&cs_insn_group) insn_group = nullptr;
};

Result<Capstone> load_capstone() {
  FS_TRY(const auto library, SharedLibrary::load(fmt::format("libcapstone.so.{}", CS_API_MAJOR)));
  Capstone capstone;
  FS_CHECK(library.find("cs_open", capstone.open));
  FS_CHECK(library.find("cs_close", capstone.close));
  FS_CHECK(library.find("cs_option", capstone.option));
  FS_CHECK(library.find("cs_malloc", capstone.malloc));
  FS_CHECK(library.find("cs_free", capstone.free));
  FS_CHECK(library.find("cs_disasm_iter", capstone.disasm_iter));
  FS_CHECK(library.find("cs_insn_group", capstone.insn_group));
  return capstone;
}

const Result<Capstone>& capstone() {
  static const Result<Capstone> loaded = load_capstone();
  return loaded;
}

OpcodeKind kind_of_x86(const cs_insn& instruction) {
  const std::string_view name = instruction.mnemonic;
  const std::span groups(instruction.detail->groups, instruction.detail->groups_count);
  const bool is_wide = std::ranges::any_of(groups, [](unsigned group) {
    return (group >= X86_GRP_SSE1 && group <= X86_GRP_SSSE3) || group == X86_GRP_AVX ||
           group == X86_GRP_AVX2 || group == X86_GRP_AVX512 || group == X86_GRP_FMA;
  });
  const bool is_scalar = name.ends_with("ss") || name.ends_with("sd");
  const bool is_x87 = std::ranges::find(groups, X86_GRP_FPU) != groups.end();
  if (is_x87 || (is_wide && is_scalar)) return OpcodeKind::floating_point;
  if (is_wide) return OpcodeKind::vector;
  switch (instruction.id) {
    case X86_INS_MUL:
    case X86_INS_IMUL:
    case X86_INS_DIV:
    case X86_INS_IDIV:
      return OpcodeKind::multiplication;
    case X86_INS_LEA:
      return OpcodeKind::arithmetic;
    case X86_INS_NOP:
    case X86_INS_INT3:
      return OpcodeKind::other;
    case X86_INS_PUSH:
      return OpcodeKind::store;
    case X86_INS_POP:
      return OpcodeKind::load;
    default:
      break;
  }
  const cs_x86& x86 = instruction.detail->x86;
  for (const cs_x86_op& operand : std::span(x86.operands, x86.op_count)) {
    if (operand.type != X86_OP_MEM) continue;
    return (operand.access & CS_AC_WRITE) != 0 ? OpcodeKind::store : OpcodeKind::load;
  }
  return OpcodeKind::arithmetic;
}

OpcodeKind kind_of_arm64(const cs_insn& instruction) {
  const std::string_view name = instruction.mnemonic;
  if (name.starts_with("ld")) return OpcodeKind::load;
  if (name.starts_with("st")) return OpcodeKind::store;
  if (name == "nop" || name == "hint") return OpcodeKind::other;
  const std::span groups(instruction.detail->groups, instruction.detail->groups_count);
  if (std::ranges::find(groups, ARM64_GRP_NEON) != groups.end()) return OpcodeKind::vector;
  if (std::ranges::find(groups, ARM64_GRP_FPARMV8) != groups.end() ||
      (name.starts_with('f') && name.size() > 3))
    return OpcodeKind::floating_point;
  const bool multiplies = name.find("mul") != std::string_view::npos ||
                          name.find("div") != std::string_view::npos || name == "madd" ||
                          name == "msub";
  return multiplies ? OpcodeKind::multiplication : OpcodeKind::arithmetic;
}

OpcodeKind kind_of(const cs_insn& instruction, std::size_t handle, bool x86) {
  if (instruction.id == 0 || instruction.detail == nullptr) return OpcodeKind::other;
  const auto is_in = [&](unsigned group) {
    return capstone()->insn_group(handle, &instruction, group);
  };
  if (is_in(CS_GRP_CALL)) return OpcodeKind::call;
  if (is_in(CS_GRP_JUMP) || is_in(CS_GRP_RET)) return OpcodeKind::branch;
  return x86 ? kind_of_x86(instruction) : kind_of_arm64(instruction);
}

std::size_t open(cs_arch arch, cs_mode mode) {
  csh handle = 0;
  if (!capstone() || capstone()->open(arch, mode, &handle) != CS_ERR_OK) return 0;
  capstone()->option(handle, CS_OPT_DETAIL, CS_OPT_ON);
  // A sample begins within an instruction, and code has data between it.
  capstone()->option(handle, CS_OPT_SKIPDATA, CS_OPT_ON);
  return handle;
}

}  // namespace

Result<void> Disassembler::load() {
  if (!capstone()) return capstone().error();
  return {};
}

std::optional<Disassembler> Disassembler::make(std::uint16_t machine) {
  std::size_t handle = 0;
  if (machine == EM_X86_64) handle = open(CS_ARCH_X86, CS_MODE_64);
  if (machine == EM_386) handle = open(CS_ARCH_X86, CS_MODE_32);
  if (machine == EM_AARCH64) handle = open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN);
  if (handle == 0) return std::nullopt;
  return Disassembler(machine != EM_AARCH64, handle);
}

Disassembler::Disassembler(Disassembler&& other) noexcept
    : x86_(other.x86_), handle_(std::exchange(other.handle_, 0)) {}

Disassembler::~Disassembler() {
  csh handle = handle_;
  if (handle != 0) capstone()->close(&handle);
}

void Disassembler::count(const std::string& code, OpcodeCounts& counts) const {
  const std::unique_ptr<cs_insn, void (*)(cs_insn*)> one(
      capstone()->malloc(handle_), [](cs_insn* instruction) { capstone()->free(instruction, 1); });
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(code.data());
  std::size_t left = code.size();
  std::uint64_t address = 0;
  while (capstone()->disasm_iter(handle_, &bytes, &left, &address, one.get()))
    ++counts[static_cast<std::size_t>(kind_of(*one, handle_, x86_))];
}

}  // namespace foreshock::agent

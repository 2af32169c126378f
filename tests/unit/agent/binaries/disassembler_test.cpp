#include "agent/binaries/disassembler.h"

#include <numeric>

#include <elf.h>
#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using namespace std::string_literals;

OpcodeCounts count(std::uint16_t machine, const std::string& code) {
  OpcodeCounts counts{};
  const auto disassembler = Disassembler::make(machine);
  EXPECT_TRUE(disassembler);
  if (disassembler) disassembler->count(code, counts);
  return counts;
}

std::uint32_t of(const OpcodeCounts& counts, OpcodeKind kind) {
  return counts.at(static_cast<std::size_t>(kind));
}

TEST(Disassembler, tells_instructions_of_x86_by_their_kind) {
  const auto counts = count(EM_X86_64,
                            "\x01\xd8"               // add eax, ebx
                            "\x0f\xaf\xc3"           // imul eax, ebx
                            "\xf3\x0f\x58\xc1"       // addss xmm0, xmm1
                            "\x0f\x58\xc1"           // addps xmm0, xmm1
                            "\x48\x8b\x03"           // mov rax, [rbx]
                            "\x48\x89\x03"           // mov [rbx], rax
                            "\xeb\x00"               // jmp
                            "\xe8\x00\x00\x00\x00"s  // call
                            "\x90"s);                // nop
  for (std::size_t kind = 0; kind < kOpcodeKinds; ++kind)
    EXPECT_EQ(counts[kind], 1u) << to_string(static_cast<OpcodeKind>(kind));
}

TEST(Disassembler, tells_instructions_of_aarch64_by_their_kind) {
  const auto counts = count(EM_AARCH64,
                            "\x00\x00\x01\x8b"   // add x0, x0, x1
                            "\x20\x00\x40\xf9"   // ldr x0, [x1]
                            "\x20\x00\x00\xf9"   // str x0, [x1]
                            "\xc0\x03\x5f\xd6"s  // ret
  );
  for (const auto kind :
       {OpcodeKind::arithmetic, OpcodeKind::load, OpcodeKind::store, OpcodeKind::branch})
    EXPECT_EQ(of(counts, kind), 1u) << to_string(kind);
}

TEST(Disassembler, goes_on_behind_what_is_no_instruction) {
  const auto counts = count(EM_X86_64, "\x06\x06\x01\xd8"s);  // none in 64 bits, then add
  EXPECT_EQ(of(counts, OpcodeKind::arithmetic), 1u);
}

TEST(Disassembler, knows_no_other_processors) {
  EXPECT_FALSE(Disassembler::make(EM_PPC64));
}

TEST(Disassembler, its_library_is_loaded_when_it_is_asked_for) {
  EXPECT_TRUE(Disassembler::load());
}

}  // namespace
}  // namespace foreshock::agent

#include "agent/binaries/elf_profile.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <elf.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/binaries/disassembler.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kChunkBytes = 4096;
constexpr std::size_t kMostChunks = 64;
constexpr std::size_t kMostLibraries = 64;
constexpr std::size_t kMostLibraryBytes = 128;
constexpr std::size_t kMostBuildIdBytes = 64;

/// Cycles that an instruction of each kind keeps a present-day core busy, its data in the nearest
/// cache. Rounded from Agner Fog, "Instruction tables" (2022), x86 of the last ten years.
constexpr std::array<float, kOpcodeKinds> kCycles = {0.3F, 3.0F, 1.5F, 1.0F, 0.5F,
                                                     1.0F, 1.0F, 2.0F, 1.0F};

struct CloseElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfFile = std::unique_ptr<Elf, CloseElf>;

/// FNV-1a.
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) {
      value_ ^= static_cast<unsigned char>(byte);
      value_ *= 0x100000001b3ULL;
    }
  }
  void add(std::uint64_t number) {
    add(std::string_view(reinterpret_cast<const char*>(&number), sizeof number));
  }
  std::uint64_t value() const { return value_ == 0 ? 1 : value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

/// A stretch of machine code in the file.
struct Code {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

Error not_a_program(std::string_view why) {
  return Error(ErrorCode::unsupported, fmt::format("not a program in ELF: {}", why));
}

std::string read_build_id(Elf_Data* notes) {
  std::size_t at = 0;
  GElf_Nhdr header{};
  std::size_t name = 0;
  std::size_t description = 0;
  while ((at = gelf_getnote(notes, at, &header, &name, &description)) > 0) {
    const auto* bytes = static_cast<const unsigned char*>(notes->d_buf);
    constexpr std::string_view kGnu(ELF_NOTE_GNU, sizeof ELF_NOTE_GNU);  // with its NUL
    const bool is_gnu =
        header.n_namesz == kGnu.size() && std::equal(kGnu.begin(), kGnu.end(), bytes + name);
    if (!is_gnu || header.n_type != NT_GNU_BUILD_ID) continue;
    const std::size_t size = std::min<std::size_t>(header.n_descsz, kMostBuildIdBytes);
    return fmt::format("{:02x}", fmt::join(bytes + description, bytes + description + size, ""));
  }
  return {};
}

/// What the sections say. A file without a table of sections has none of it.
class Sections {
 public:
  explicit Sections(Elf* elf) : elf_(elf) {
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
         section = elf_nextscn(elf, section)) {
      GElf_Shdr header{};
      if (gelf_getshdr(section, &header) != nullptr) read(section, header);
    }
  }

  std::string build_id;
  std::vector<std::string> libraries;
  std::uint32_t imports = 0;
  std::vector<Code> code;

 private:
  void read(Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type == SHT_PROGBITS && (header.sh_flags & SHF_EXECINSTR) != 0)
      code.push_back({header.sh_offset, header.sh_size});
    if (header.sh_type != SHT_NOTE && header.sh_type != SHT_DYNAMIC && header.sh_type != SHT_DYNSYM)
      return;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return;
    if (header.sh_type == SHT_NOTE && build_id.empty()) build_id = read_build_id(data);
    if (header.sh_type == SHT_DYNAMIC) read_libraries(data, header);
    if (header.sh_type == SHT_DYNSYM) count_imports(data);
  }

  void read_libraries(Elf_Data* data, const GElf_Shdr& header) {
    GElf_Dyn entry{};
    for (int i = 0; gelf_getdyn(data, i, &entry) != nullptr; ++i) {
      if (entry.d_tag == DT_NULL || libraries.size() >= kMostLibraries) return;
      if (entry.d_tag != DT_NEEDED) continue;
      const char* name = elf_strptr(elf_, header.sh_link, entry.d_un.d_val);
      if (name == nullptr) continue;
      libraries.emplace_back(std::string_view(name).substr(0, kMostLibraryBytes));
    }
  }

  void count_imports(Elf_Data* data) {
    GElf_Sym symbol{};
    for (int i = 0; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
      if (symbol.st_shndx == SHN_UNDEF && GELF_ST_TYPE(symbol.st_info) == STT_FUNC) ++imports;
    }
  }

  Elf* elf_;
};

std::vector<Code> executable_segments(Elf* elf) {
  std::vector<Code> code;
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return code;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header{};
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) continue;
    if (header.p_type == PT_LOAD && (header.p_flags & PF_X) != 0)
      code.push_back({header.p_offset, header.p_filesz});
  }
  return code;
}

/// What lies outside of the file is no code.
std::uint64_t clip(std::vector<Code>& code, std::uint64_t file_bytes) {
  std::uint64_t total = 0;
  for (Code& part : code) {
    part.offset = std::min(part.offset, file_bytes);
    part.size = std::min(part.size, file_bytes - part.offset);
    total += part.size;
  }
  return total;
}

std::vector<std::string> read_sample(int fd, std::span<const Code> code, std::uint64_t total) {
  std::vector<std::string> chunks;
  const std::uint64_t stride = std::max<std::uint64_t>(kChunkBytes, total / kMostChunks);
  for (const Code& part : code) {
    for (std::uint64_t at = 0; at < part.size && chunks.size() < kMostChunks; at += stride) {
      std::string chunk(std::min<std::uint64_t>(kChunkBytes, part.size - at), '\0');
      const auto got =
          ::pread(fd, chunk.data(), chunk.size(), static_cast<off_t>(part.offset + at));
      if (got <= 0) continue;
      chunk.resize(static_cast<std::size_t>(got));
      chunks.push_back(std::move(chunk));
    }
  }
  return chunks;
}

/// Shares, cycles and complexity.
void describe_code(std::span<const std::string> sample, std::uint16_t machine,
                   BinaryTraits& traits) {
  const auto disassembler = Disassembler::make(machine);
  if (!disassembler) return;
  OpcodeCounts counts{};
  std::uint64_t bytes = 0;
  for (const std::string& chunk : sample) {
    disassembler->count(chunk, counts);
    bytes += chunk.size();
  }
  for (const std::uint32_t count : counts) traits.instructions += count;
  if (traits.instructions == 0) return;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    traits.mix[i] = static_cast<float>(counts[i]) / static_cast<float>(traits.instructions);
    traits.cycles += traits.mix[i] * kCycles[i];
  }
  const auto block_ends = counts[static_cast<std::size_t>(OpcodeKind::branch)] +
                          counts[static_cast<std::size_t>(OpcodeKind::call)];
  const double blocks = static_cast<double>(block_ends) * static_cast<double>(traits.text.count) /
                        static_cast<double>(std::max<std::uint64_t>(bytes, 1));
  traits.complexity = static_cast<float>(std::log2(1 + blocks));
}

std::uint64_t identify(const BinaryProfile& profile, std::span<const std::string> sample) {
  Hash hash;
  hash.add(profile.traits.file.count);
  hash.add(profile.traits.text.count);
  if (!profile.build_id.empty()) {
    hash.add(profile.build_id);
  } else {
    for (const std::string& chunk : sample) hash.add(chunk);
  }
  return hash.value();
}

}  // namespace

Result<BinaryProfile> profile_elf(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
    return not_a_program("not a regular file");
  if (elf_version(EV_CURRENT) == EV_NONE)
    return Error(ErrorCode::unsupported, "libelf is older than its header");
  const ElfFile elf(elf_begin(fd, ELF_C_READ, nullptr));
  GElf_Ehdr header{};
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr)
    return not_a_program("no header of one");
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
    return not_a_program("neither executable nor shared");

  BinaryProfile profile;
  Sections sections(elf.get());
  if (sections.code.empty()) sections.code = executable_segments(elf.get());
  profile.build_id = std::move(sections.build_id);
  profile.libraries = std::move(sections.libraries);
  BinaryTraits& traits = profile.traits;
  traits.file = {static_cast<std::uint64_t>(status.st_size)};
  traits.text = {clip(sections.code, traits.file.count)};
  traits.imports = sections.imports;
  traits.libraries = static_cast<std::uint32_t>(profile.libraries.size());
  const auto sample = read_sample(fd, sections.code, traits.text.count);
  describe_code(sample, header.e_machine, traits);
  profile.id = identify(profile, sample);
  return profile;
}

}  // namespace foreshock::agent

#include "coordinator/history/binary_writer.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace foreshock::coordinator {

namespace {

/// Of texts, so much is kept of what an agent said.
constexpr std::size_t kMostText = 4096;

std::string bounded(std::string text) {
  if (text.size() > kMostText) text.resize(kMostText);
  return text;
}

}  // namespace

Result<BinaryWriter> BinaryWriter::make(const Database& database) {
  FS_TRY(auto write,
         database.prepare(
             "INSERT OR REPLACE INTO binary (id, build_id, path, file_bytes, text_bytes, "
             "instructions, arithmetic, multiplication, floating_point, vector, load, store, "
             "branch, call, other, cycles, complexity, imports, libraries, library_names, "
             "last_seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
             "?15, ?16, ?17, ?18, ?19, ?20, "
             "max(?21, ifnull((SELECT last_seen_ms FROM binary WHERE id = ?1), 0)))"));
  return BinaryWriter(std::move(write));
}

Result<void> BinaryWriter::write(const BinaryProfile& binary, std::int64_t seen_ms) {
  const BinaryTraits& traits = binary.traits;
  const auto& mix = traits.mix;
  static_assert(std::tuple_size_v<std::remove_cvref_t<decltype(mix)>> == 9);
  return write_.run(binary.id, bounded(binary.build_id), bounded(binary.path), traits.file.count,
                    traits.text.count, traits.instructions, double{mix[0]}, double{mix[1]},
                    double{mix[2]}, double{mix[3]}, double{mix[4]}, double{mix[5]}, double{mix[6]},
                    double{mix[7]}, double{mix[8]}, double{traits.cycles},
                    double{traits.complexity}, traits.imports, traits.libraries,
                    bounded(fmt::format("{}", fmt::join(binary.libraries, " "))), seen_ms);
}

}  // namespace foreshock::coordinator

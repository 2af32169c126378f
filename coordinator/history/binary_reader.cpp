#include "coordinator/history/binary_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "coordinator/sqlite/migrations.h"
#include "embedded/history_migrations.h"

namespace foreshock::coordinator {

namespace {

std::vector<std::string> split_at_spaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return words;
}

}  // namespace

BinaryTraits read_traits(const Statement& row, int first) {
  BinaryTraits traits;
  traits.file = {row.unsigned_integer(first)};
  traits.text = {row.unsigned_integer(first + 1)};
  traits.instructions = static_cast<std::uint32_t>(row.integer(first + 2));
  for (std::size_t i = 0; i < traits.mix.size(); ++i)
    traits.mix.at(i) = static_cast<float>(row.real(first + 3 + static_cast<int>(i)));
  traits.cycles = static_cast<float>(row.real(first + 12));
  traits.complexity = static_cast<float>(row.real(first + 13));
  traits.imports = static_cast<std::uint32_t>(row.integer(first + 14));
  traits.libraries = static_cast<std::uint32_t>(row.integer(first + 15));
  return traits;
}

Result<std::unique_ptr<BinaryReader>> BinaryReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::history_migrations()));
  return std::unique_ptr<BinaryReader>(new BinaryReader(std::move(database)));
}

Result<std::vector<BinaryRow>> BinaryReader::list(const BinaryQuery& query) {
  FS_TRY(auto select,
         database_.prepare(fmt::format(
             "SELECT b.id, b.build_id, b.path, b.library_names, b.last_seen_ms, {} FROM binary b "
             "WHERE ?1 = '' OR instr(b.path, ?1) OR instr(b.build_id, ?1) "
             "ORDER BY b.last_seen_ms DESC, b.path LIMIT ?2",
             kTraitColumns)));
  FS_CHECK(select.start(query.text, query.limit));
  std::vector<BinaryRow> rows;
  for (;;) {
    FS_TRY(const bool found, select.step());
    if (!found) return rows;
    rows.push_back({.profile = {.id = select.unsigned_integer(0),
                                .build_id = select.text(1),
                                .path = select.text(2),
                                .traits = read_traits(select, 5),
                                .libraries = split_at_spaces(select.text(3))},
                    .last_seen = wall_time_from_ms(select.integer(4))});
  }
}

}  // namespace foreshock::coordinator

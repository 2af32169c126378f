#include "coordinator/history/command_reader.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/history/argv_text.h"
#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/history_migrations.h"

namespace foreshock::coordinator {

namespace {

struct Found {
  std::int64_t start_ms = 0;
  std::int64_t id = 0;
  auto operator<=>(const Found&) const = default;
};

Result<void> find(Database& database, std::string_view sql, std::size_t most,
                  std::vector<Found>& found) {
  FS_TRY(auto select, database.prepare(sql));
  FS_CHECK(select.start(most));
  while (true) {
    FS_TRY(const bool row, select.step());
    if (!row) return {};
    found.push_back({.start_ms = select.integer(0), .id = select.integer(1)});
  }
}

}  // namespace

Result<std::unique_ptr<CommandReader>> CommandReader::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_only));
  FS_CHECK(check_schema(database, embedded::history_migrations()));
  return std::unique_ptr<CommandReader>(new CommandReader(std::move(database)));
}

Result<void> CommandReader::newest(std::size_t most, std::size_t most_on_terminal,
                                   const std::function<void(const RecordedCommand&)>& take) {
  FS_TRY(const auto snapshot, Transaction::begin_read(database_));
  std::vector<Found> found;
  FS_CHECK(find(database_,
                "SELECT start_ms, id FROM execution WHERE existing = 0 AND exec_seen = 1 ORDER BY "
                "start_ms DESC LIMIT ?",
                most, found));
  FS_CHECK(find(database_,
                "SELECT start_ms, id FROM execution WHERE tty <> '' AND existing = 0 AND exec_seen "
                "= 1 ORDER BY start_ms DESC LIMIT ?",
                most_on_terminal, found));
  std::ranges::sort(found);
  const auto repeated = std::ranges::unique(found);
  found.erase(repeated.begin(), repeated.end());
  FS_TRY(auto select,
         database_.prepare("SELECT e.host_id, ifnull(e.login_uid, e.uid), s.text, e.argv, "
                           "e.argv_word_bytes, e.tty <> '' FROM execution e JOIN signature s ON "
                           "s.id = e.signature_id WHERE e.id = ?"));
  for (const auto& one : found) {
    FS_CHECK(select.start(one.id));
    FS_TRY(const bool row, select.step());
    if (!row) continue;
    take({.host = select.integer(0),
          .uid = static_cast<std::uint32_t>(select.integer(1)),
          .time = wall_time_from_ms(one.start_ms),
          .signature = select.text(2),
          .argv = make_argv(
              split_words(select.text_view(3),
                          select.is_null(4) ? std::nullopt : std::optional(select.text_view(4)))),
          .on_terminal = select.integer(5) != 0});
  }
  return {};
}

}  // namespace foreshock::coordinator

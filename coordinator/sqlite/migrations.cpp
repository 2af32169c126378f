#include "coordinator/sqlite/migrations.h"

#include <string>

#include <fmt/format.h>

#include "common/base/assert.h"
#include "coordinator/sqlite/transaction.h"

namespace foreshock::coordinator {

namespace {

Error too_new(const Database& database, std::size_t found, std::size_t known) {
  return {ErrorCode::unsupported,
          fmt::format("open {}: written by a newer version (schema {}, this program knows up to "
                      "{}): install that "
                      "version again, or restore a backup made before the upgrade",
                      database.path(), found, known)};
}

Result<std::size_t> read_version(const Database& database) {
  FS_TRY(const auto version, database.read_integer("PRAGMA user_version"));
  if (version < 0) {
    return Error(ErrorCode::corrupt,
                 fmt::format("open {}: schema version {}", database.path(), version));
  }
  return static_cast<std::size_t>(version);
}

Result<void> apply(const Database& database, const EmbeddedFile& migration, std::size_t number) {
  FS_ASSERT(migration.name.starts_with(fmt::format("{:04}_", number)));
  FS_TRY(auto transaction, Transaction::begin_write(database));
  FS_CHECK(database.execute(std::string(migration.contents)));
  FS_CHECK(database.execute(fmt::format("PRAGMA user_version = {}", number)));
  return transaction.commit();
}

}  // namespace

Result<void> migrate(const Database& database, std::span<const EmbeddedFile> migrations) {
  FS_TRY(const std::size_t version, read_version(database));
  if (version > migrations.size()) return too_new(database, version, migrations.size());
  for (std::size_t number = version + 1; number <= migrations.size(); ++number) {
    const EmbeddedFile& migration = migrations[number - 1];
    if (auto applied = apply(database, migration, number); !applied) {
      return applied.error().in(fmt::format("migration {}", migration.name));
    }
  }
  return {};
}

Result<void> check_schema(const Database& database, std::span<const EmbeddedFile> migrations) {
  FS_TRY(const std::size_t version, read_version(database));
  if (version > migrations.size()) return too_new(database, version, migrations.size());
  if (version < migrations.size()) {
    return Error(
        ErrorCode::unavailable,
        fmt::format(
            "open {}: schema {} is older than this program's ({}): start the service once to "
            "bring it up to date",
            database.path(), version, migrations.size()));
  }
  return {};
}

}  // namespace foreshock::coordinator

#include "coordinator/registry/tag_store.h"

#include <utility>

#include <fmt/format.h>

#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/model_migrations.h"

namespace foreshock::coordinator {

Result<std::unique_ptr<TagStore>> TagStore::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_write));
  FS_CHECK(migrate(database, embedded::model_migrations()));
  return std::unique_ptr<TagStore>(new TagStore(std::move(database)));
}

Result<std::vector<Tag>> TagStore::learned() {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto query, database_.prepare("SELECT host_id, cgroup, key, value, evidence, confidence "
                                       "FROM learned_tag ORDER BY host_id, cgroup, key"));
  FS_CHECK(query.start());
  std::vector<Tag> tags;
  while (true) {
    FS_TRY(const bool is_row, query.step());
    if (!is_row) return tags;
    tags.push_back({{query.integer(0), query.text(1)},
                    query.text(2),
                    query.text(3),
                    std::string(kLearnedSource),
                    query.text(4),
                    query.real(5)});
  }
}

Result<void> TagStore::keep_learned(const std::vector<Tag>& tags) {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto transaction, Transaction::begin_write(database_));
  FS_CHECK(database_.execute("DELETE FROM learned_tag"));
  FS_TRY(auto insert, database_.prepare("INSERT INTO learned_tag VALUES (?, ?, ?, ?, ?, ?)"));
  for (const Tag& tag : tags) {
    FS_CHECK(insert.run(tag.workload.host, tag.workload.cgroup, tag.key, tag.value, tag.confidence,
                        tag.evidence));
  }
  FS_CHECK(transaction.commit());
  return database_.checkpoint_if_due();
}

Result<std::vector<TagChoice>> TagStore::choices() {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto query, database_.prepare("SELECT host_id, cgroup, key, value, is_locked "
                                       "FROM tag_choice ORDER BY host_id, cgroup, key, value"));
  FS_CHECK(query.start());
  std::vector<TagChoice> choices;
  while (true) {
    FS_TRY(const bool is_row, query.step());
    if (!is_row) return choices;
    choices.push_back(
        {{query.integer(0), query.text(1)},
         query.text(2),
         query.text(3),
         query.integer(4) != 0 ? TagChoice::Kind::locked : TagChoice::Kind::rejected});
  }
}

Result<void> TagStore::choose(const TagChoice& choice) {
  FS_TRY(auto insert,
         database_.prepare("INSERT OR REPLACE INTO tag_choice VALUES (?, ?, ?, ?, ?)"));
  return insert.run(choice.workload.host, choice.workload.cgroup, choice.key, choice.value,
                    choice.kind == TagChoice::Kind::locked);
}

Result<void> TagStore::lock(const Workload& workload, const std::string& key,
                            const std::string& value) {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto transaction, Transaction::begin_write(database_));
  FS_TRY(auto remove, database_.prepare("DELETE FROM tag_choice WHERE host_id = ? AND cgroup = ? "
                                        "AND key = ? AND is_locked = 1"));
  FS_CHECK(remove.run(workload.host, workload.cgroup, key));
  FS_CHECK(choose({workload, key, value, TagChoice::Kind::locked}));
  return transaction.commit();
}

Result<void> TagStore::unlock(const Workload& workload, const std::string& key) {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto remove, database_.prepare("DELETE FROM tag_choice WHERE host_id = ? AND cgroup = ? "
                                        "AND key = ? AND is_locked = 1"));
  FS_CHECK(remove.run(workload.host, workload.cgroup, key));
  if (database_.changes() > 0) return {};
  return Error(ErrorCode::invalid_argument,
               fmt::format("no value of {} is locked for this workload", key));
}

Result<void> TagStore::reject(const Workload& workload, const std::string& key,
                              const std::string& value) {
  const std::lock_guard lock(mutex_);
  return choose({workload, key, value, TagChoice::Kind::rejected});
}

}  // namespace foreshock::coordinator

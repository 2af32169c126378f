#include "coordinator/registry/online_store.h"

#include <span>

#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/model_migrations.h"

namespace foreshock::coordinator {

Result<std::unique_ptr<OnlineStore>> OnlineStore::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_write));
  FS_CHECK(migrate(database, embedded::model_migrations()));
  return std::unique_ptr<OnlineStore>(new OnlineStore(std::move(database)));
}

Result<std::vector<OnlineStore::State>> OnlineStore::load() {
  FS_TRY(auto query, database_.prepare("SELECT host_id, cgroup, quantity, state "
                                       "FROM online_state ORDER BY host_id, cgroup, quantity"));
  FS_CHECK(query.start());
  std::vector<State> states;
  while (true) {
    FS_TRY(const bool is_row, query.step());
    if (!is_row) return states;
    const auto quantity = parse_quantity(query.text_view(2));
    if (!quantity) continue;  // of a program that has more of them
    const ByteView bytes = std::as_bytes(std::span(query.text_view(3)));
    states.push_back(
        {{{query.integer(0), query.text(1)}, *quantity}, ByteBuffer(bytes.begin(), bytes.end())});
  }
}

Result<void> OnlineStore::save(const std::vector<State>& states, WallTime now) {
  if (states.empty()) return {};
  FS_TRY(auto transaction, Transaction::begin_write(database_));
  FS_TRY(auto insert,
         database_.prepare("INSERT OR REPLACE INTO online_state VALUES (?, ?, ?, ?, ?)"));
  for (const auto& [key, state] : states) {
    FS_CHECK(insert.run(key.workload.host, key.workload.cgroup, to_string(key.quantity), to_ms(now),
                        ByteView(state)));
  }
  FS_CHECK(transaction.commit());
  return database_.checkpoint_if_due();
}

Result<void> OnlineStore::forget_before(WallTime time) {
  FS_TRY(auto remove, database_.prepare("DELETE FROM online_state WHERE saved_ms < ?"));
  return remove.run(to_ms(time));
}

}  // namespace foreshock::coordinator

#include "coordinator/registry/model_store.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "coordinator/registry/member_shares_text.h"
#include "coordinator/sqlite/migrations.h"
#include "coordinator/sqlite/transaction.h"
#include "embedded/model_migrations.h"

namespace foreshock::coordinator {

namespace {

constexpr std::string_view kOfSeries = " WHERE host_id = ?1 AND cgroup = ?2 AND quantity = ?3";

TrainingCause parse_cause(std::string_view text) {
  const auto found = std::ranges::find(kTrainingCauses, text);
  return found == kTrainingCauses.end()
             ? TrainingCause::unknown
             : static_cast<TrainingCause>(found - kTrainingCauses.begin());
}

double real_or_nan(const Statement& row, int column) {
  return row.is_null(column) ? std::nan("") : row.real(column);
}

/// Columns as in ModelStore::read(); none where the quantity is one that this program does not
/// have.
std::optional<ModelVersion> read_version(const Statement& row) {
  const auto quantity = parse_quantity(row.text_view(2));
  if (!quantity) return std::nullopt;
  return ModelVersion{
      .key = {{row.integer(0), row.text(1)}, *quantity},
      .version = row.integer(3),
      .trained_at = wall_time_from_ms(row.integer(4)),
      .cause = parse_cause(row.text_view(5)),
      .program = row.text(6),
      .from = wall_time_from_ms(row.integer(7)),
      .to = wall_time_from_ms(row.integer(8)),
      .step = std::chrono::milliseconds(row.integer(9)),
      .points = static_cast<std::size_t>(row.integer(10)),
      .horizon = static_cast<std::size_t>(row.integer(11)),
      .loss = real_or_nan(row, 12),
      .rival_loss = real_or_nan(row, 14),
      .rival = row.integer(13),
      .is_held_back = row.integer(15) != 0,
      .reason = row.text(16),
      .scores = {},
      .shares = {},
  };
}

}  // namespace

Result<std::unique_ptr<ModelStore>> ModelStore::open(const std::string& path) {
  FS_TRY(auto database, Database::open(path, OpenMode::read_write));
  FS_CHECK(migrate(database, embedded::model_migrations()));
  return std::unique_ptr<ModelStore>(new ModelStore(std::move(database)));
}

Result<std::int64_t> ModelStore::add(ModelVersion version) {
  const std::lock_guard lock(mutex_);
  const SeriesKey& key = version.key;
  FS_TRY(auto transaction, Transaction::begin_write(database_));
  FS_TRY(const auto newest, newest_of(key));
  version.version = newest + 1;
  FS_TRY(auto insert, database_.prepare("INSERT INTO model_version VALUES "
                                        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  FS_CHECK(insert.run(key.workload.host, key.workload.cgroup, to_string(key.quantity),
                      version.version, to_ms(version.trained_at), to_string(version.cause),
                      version.program, to_ms(version.from), to_ms(version.to),
                      version.step / std::chrono::milliseconds(1), version.points, version.horizon,
                      version.loss, version.rival, version.rival_loss, version.is_held_back,
                      version.reason, format_member_shares(version.shares)));
  FS_CHECK(add_scores(version));
  FS_TRY(auto choice, choice_of(key));
  if (!choice || (!version.is_held_back && !choice->pinned)) {
    choice = ModelChoice{.serving = version.version};
    FS_CHECK(choose(key, *choice));
  }
  FS_CHECK(keep_newest(key, choice->serving));
  FS_CHECK(transaction.commit());
  FS_CHECK(database_.checkpoint_if_due());
  return version.version;
}

Result<void> ModelStore::add_scores(const ModelVersion& version) {
  const SeriesKey& key = version.key;
  FS_TRY(auto insert, database_.prepare("INSERT INTO model_score VALUES "
                                        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  std::int64_t place = 0;
  for (const ModelScore& score : version.scores) {
    FS_CHECK(insert.run(key.workload.host, key.workload.cgroup, to_string(key.quantity),
                        version.version, place, 0, score.model, score.pinball, score.error,
                        score.scaled_error, score.coverage80, score.coverage95, score.points,
                        score.weight, score.beats_naive));
    for (const auto& range : score.ranges) {
      FS_CHECK(insert.run(key.workload.host, key.workload.cgroup, to_string(key.quantity),
                          version.version, place, range.up_to, score.model, range.pinball,
                          range.error, 0.0, range.coverage80, range.coverage95, range.points,
                          score.weight, score.beats_naive));
    }
    ++place;
  }
  return {};
}

Result<void> ModelStore::keep_newest(const SeriesKey& key, std::int64_t serving) {
  FS_TRY(auto old, database_.prepare(fmt::format(
                       "DELETE FROM model_version{0} AND version <> ?4 AND version NOT IN (SELECT "
                       "version FROM model_version{0} ORDER BY version DESC LIMIT {1})",
                       kOfSeries, kKept)));
  FS_CHECK(old.run(key.workload.host, key.workload.cgroup, to_string(key.quantity), serving));
  FS_TRY(auto scores, database_.prepare(fmt::format(
                          "DELETE FROM model_score{0} AND version NOT IN (SELECT version FROM "
                          "model_version{0})",
                          kOfSeries)));
  return scores.run(key.workload.host, key.workload.cgroup, to_string(key.quantity));
}

Result<void> ModelStore::forget_before(WallTime time) {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto transaction, Transaction::begin_write(database_));
  FS_TRY(auto versions,
         database_.prepare(
             "DELETE FROM model_version WHERE (host_id, cgroup, quantity) IN (SELECT host_id, "
             "cgroup, quantity FROM model_version GROUP BY 1, 2, 3 HAVING max(trained_ms) < ?) "
             "AND (host_id, cgroup, quantity) NOT IN (SELECT host_id, cgroup, quantity FROM "
             "model_choice WHERE pinned = 1)"));
  FS_CHECK(versions.run(to_ms(time)));
  if (database_.changes() > 0) {
    FS_CHECK(database_.execute(
        "DELETE FROM model_score WHERE (host_id, cgroup, quantity) NOT IN (SELECT host_id, cgroup, "
        "quantity FROM model_version); DELETE FROM model_choice WHERE (host_id, cgroup, quantity) "
        "NOT IN (SELECT host_id, cgroup, quantity FROM model_version)"));
    ++changes_;
  }
  return transaction.commit();
}

Result<std::int64_t> ModelStore::newest_of(const SeriesKey& key) {
  FS_TRY(auto select, database_.prepare(fmt::format(
                          "SELECT ifnull(max(version), 0) FROM model_version{}", kOfSeries)));
  FS_CHECK(select.start(key.workload.host, key.workload.cgroup, to_string(key.quantity)));
  FS_TRY([[maybe_unused]] const bool row, select.step());
  return select.integer(0);
}

Result<std::optional<ModelChoice>> ModelStore::choice_of(const SeriesKey& key) {
  FS_TRY(auto select,
         database_.prepare(fmt::format("SELECT serving, pinned FROM model_choice{}", kOfSeries)));
  FS_CHECK(select.start(key.workload.host, key.workload.cgroup, to_string(key.quantity)));
  FS_TRY(const bool row, select.step());
  if (!row) return std::optional<ModelChoice>();
  return std::optional(ModelChoice{select.integer(0), select.integer(1) != 0});
}

Result<void> ModelStore::choose(const SeriesKey& key, const ModelChoice& choice) {
  FS_TRY(auto replace, database_.prepare("REPLACE INTO model_choice VALUES (?, ?, ?, ?, ?)"));
  ++changes_;
  return replace.run(key.workload.host, key.workload.cgroup, to_string(key.quantity),
                     choice.serving, choice.pinned);
}

Result<std::map<SeriesKey, ModelChoice>> ModelStore::choices() {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto select,
         database_.prepare("SELECT host_id, cgroup, quantity, serving, pinned FROM model_choice"));
  std::map<SeriesKey, ModelChoice> all;
  while (true) {
    FS_TRY(const bool row, select.step());
    if (!row) return all;
    if (const auto quantity = parse_quantity(select.text_view(2)))
      all[{{select.integer(0), select.text(1)}, *quantity}] = {select.integer(3),
                                                               select.integer(4) != 0};
  }
}

std::uint64_t ModelStore::changes() {
  const std::lock_guard lock(mutex_);
  return changes_;
}

Result<std::vector<ModelVersion>> ModelStore::read(const std::optional<SeriesKey>& key,
                                                   std::optional<std::int64_t> version) {
  FS_TRY(auto select,
         database_.prepare(
             "SELECT host_id, cgroup, quantity, version, trained_ms, cause, program, from_ms, "
             "to_ms, step_ms, points, horizon, loss, rival, rival_loss, held_back, reason, shares "
             "FROM model_version WHERE (?1 IS NULL OR (host_id = ?1 AND cgroup = ?2 AND quantity = "
             "?3)) AND (?4 IS NULL OR version = ?4) ORDER BY host_id, cgroup, quantity, version "
             "DESC"));
  const auto host = key ? std::optional(key->workload.host) : std::nullopt;
  const std::string cgroup = key ? key->workload.cgroup : "";
  const std::string quantity(key ? to_string(key->quantity) : "");
  FS_CHECK(select.start(host, cgroup, quantity, version));
  std::vector<ModelVersion> all;
  while (true) {
    FS_TRY(const bool row, select.step());
    if (!row) return all;
    auto one = read_version(select);
    if (!one) continue;
    if (version) {
      FS_TRY(one->shares, parse_member_shares(select.text_view(17)));
    }
    all.push_back(*std::move(one));
  }
}

Result<void> ModelStore::read_scores(ModelVersion& version) {
  FS_TRY(auto select,
         database_.prepare(fmt::format(
             "SELECT up_to, model, pinball, error, scaled, inside80, inside95, points, weight, "
             "beats FROM model_score{} AND version = ?4 ORDER BY place, up_to",
             kOfSeries)));
  const SeriesKey& key = version.key;
  FS_CHECK(select.start(key.workload.host, key.workload.cgroup, to_string(key.quantity),
                        version.version));
  while (true) {
    FS_TRY(const bool row, select.step());
    if (!row) return {};
    const auto points = static_cast<std::size_t>(select.integer(7));
    if (select.integer(0) == 0) {
      version.scores.push_back({.model = select.text(1),
                                .pinball = select.real(2),
                                .coverage80 = select.real(5),
                                .points = points,
                                .weight = select.real(8),
                                .serves = select.real(8) > 0,
                                .error = select.real(3),
                                .coverage95 = select.real(6),
                                .scaled_error = select.real(4),
                                .beats_naive = select.integer(9) != 0,
                                .ranges = {}});
    } else if (!version.scores.empty()) {
      version.scores.back().ranges.push_back({.up_to = static_cast<std::size_t>(select.integer(0)),
                                              .pinball = select.real(2),
                                              .error = select.real(3),
                                              .coverage80 = select.real(5),
                                              .coverage95 = select.real(6),
                                              .points = points});
    }
  }
}

Result<std::vector<ModelVersion>> ModelStore::list(const std::optional<SeriesKey>& key) {
  const std::lock_guard lock(mutex_);
  return read(key, std::nullopt);
}

Result<ModelVersion> ModelStore::find(const SeriesKey& key, std::int64_t version) {
  const std::lock_guard lock(mutex_);
  return find_locked(key, version);
}

Result<ModelVersion> ModelStore::find_locked(const SeriesKey& key, std::int64_t version) {
  FS_TRY(auto found, read(key, version));
  if (found.empty()) {
    FS_TRY(const auto known, read(key, std::nullopt));
    std::string numbers;
    for (const auto& one : known)
      numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", one.version);
    return Error(ErrorCode::not_found,
                 fmt::format("there is no version {} of this series' model; there are: {}", version,
                             numbers.empty() ? "none" : numbers));
  }
  FS_CHECK(read_scores(found.front()));
  return std::move(found.front());
}

Result<ModelVersion> ModelStore::pin(const SeriesKey& key, std::int64_t version) {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto found, find_locked(key, version));
  FS_CHECK(choose(key, {version, true}));
  return found;
}

Result<ModelChoice> ModelStore::unpin(const SeriesKey& key) {
  const std::lock_guard lock(mutex_);
  FS_TRY(auto choice, choice_of(key));
  if (!choice || !choice->pinned)
    return Error(ErrorCode::invalid_argument, "no version of this series' model is pinned");
  choice->pinned = false;
  FS_CHECK(choose(key, *choice));
  return *choice;
}

Result<ModelVersion> ModelStore::roll_back(const SeriesKey& key) {
  const std::lock_guard lock(mutex_);
  FS_TRY(const auto choice, choice_of(key));
  FS_TRY(const auto known, read(key, std::nullopt));
  const auto before = std::ranges::find_if(known, [&](const ModelVersion& one) {
    return choice && one.version < choice->serving && !one.is_held_back;
  });
  if (before == known.end())
    return Error(
        ErrorCode::not_found,
        choice ? fmt::format("there is no version before {} of this series' model", choice->serving)
               : "this series' model has no version yet");
  FS_CHECK(choose(key, {before->version, true}));
  return find_locked(key, before->version);
}

}  // namespace foreshock::coordinator

#include "coordinator/history/catalog.h"

#include <algorithm>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

constexpr std::string_view kOther = "<other>";
// Entries of workloads, boots and deliveries that are kept in memory; they are read again when they
// are needed.
constexpr std::size_t kMaxMirrored = 500'000;
/// Of a signature; further ones are not kept.
constexpr std::size_t kMostExecutables = 16;

}  // namespace

Result<Catalog> Catalog::make(const Database& database, std::size_t max_signatures) {
  FS_TRY(auto find_host,
         database.prepare(
             "SELECT id, name, agent_version, last_seen_ms FROM host WHERE public_key = ?"));
  FS_TRY(auto add_host, database.prepare("INSERT INTO host (public_key, name, agent_version, "
                                         "first_seen_ms, last_seen_ms, executions, "
                                         "losses) VALUES (?1, '', '', ?2, ?2, 0, 0)"));
  FS_TRY(auto update_host,
         database.prepare("UPDATE host SET name = ?2, agent_version = ?3, last_seen_ms = ?4, "
                          "executions = executions + ?5, losses = losses + ?6 WHERE id = ?1"));
  FS_TRY(auto find_boot,
         database.prepare("SELECT id, last_seen_ms FROM boot WHERE host_id = ? AND boot_id = ?"));
  FS_TRY(auto add_boot,
         database.prepare("INSERT INTO boot (host_id, boot_id, last_seen_ms) VALUES (?, ?, 0)"));
  FS_TRY(auto update_boot, database.prepare("UPDATE boot SET last_seen_ms = ?2 WHERE id = ?1"));
  FS_TRY(auto find_delivery,
         database.prepare("SELECT id, committed, last_seen_ms FROM delivery WHERE host_id = ? AND "
                          "incarnation = ?"));
  FS_TRY(auto add_delivery,
         database.prepare("INSERT INTO delivery (host_id, incarnation, committed, last_seen_ms) "
                          "VALUES (?, ?, '', 0)"));
  FS_TRY(auto update_delivery,
         database.prepare("UPDATE delivery SET committed = ?2, last_seen_ms = ?3 WHERE id = ?1"));
  FS_TRY(auto find_workload,
         database.prepare("SELECT id, cgroup_id, last_seen_ms FROM workload WHERE host_id = ? AND "
                          "cgroup = ?"));
  FS_TRY(auto add_workload,
         database.prepare("INSERT INTO workload (host_id, cgroup, cgroup_id, last_seen_ms) "
                          "VALUES (?, ?, 0, 0)"));
  FS_TRY(auto update_workload,
         database.prepare("UPDATE workload SET cgroup_id = ?2, last_seen_ms = ?3 WHERE id = ?1"));
  FS_TRY(auto all_signatures, database.prepare("SELECT id, text, last_seen_ms FROM signature"));
  FS_TRY(auto add_signature,
         database.prepare("INSERT INTO signature (text, last_seen_ms) VALUES (?, 0)"));
  FS_TRY(auto update_signature,
         database.prepare("UPDATE signature SET last_seen_ms = ?2 WHERE id = ?1"));
  FS_TRY(auto all_executables,
         database.prepare("SELECT s.text, e.base_name FROM signature_executable e JOIN signature s "
                          "ON s.id = e.signature_id"));
  FS_TRY(auto add_executable, database.prepare("INSERT INTO signature_executable (signature_id, "
                                               "base_name) VALUES (?, ?)"));
  return Catalog(
      database, max_signatures,
      Statements{std::move(find_host), std::move(add_host), std::move(update_host),
                 std::move(find_boot), std::move(add_boot), std::move(update_boot),
                 std::move(find_delivery), std::move(add_delivery), std::move(update_delivery),
                 std::move(find_workload), std::move(add_workload), std::move(update_workload),
                 std::move(all_signatures), std::move(add_signature), std::move(update_signature),
                 std::move(all_executables), std::move(add_executable)});
}

Catalog::Catalog(const Database& database, std::size_t max_signatures, Statements statements)
    : database_(&database), max_signatures_(max_signatures), statements_(std::move(statements)) {}

Result<Catalog::Host*> Catalog::host(const std::string& public_key, std::int64_t seen_ms) {
  if (const auto known = hosts_.find(public_key); known != hosts_.end()) return &known->second;
  FS_CHECK(statements_.find_host.start(public_key));
  FS_TRY(const bool found, statements_.find_host.step());
  Host entry;
  if (found) {
    entry = {.id = statements_.find_host.integer(0),
             .name = statements_.find_host.text(1),
             .agent_version = statements_.find_host.text(2),
             .last_seen_ms = statements_.find_host.integer(3)};
    statements_.find_host.reset();
  } else {
    FS_CHECK(statements_.add_host.run(public_key, seen_ms));
    entry = {.id = database_->last_insert_id(),
             .name = {},
             .agent_version = {},
             .last_seen_ms = seen_ms};
  }
  return &hosts_.emplace(public_key, std::move(entry)).first->second;
}

Result<Catalog::Boot*> Catalog::boot(const Host& host, const BootId& id) {
  const auto key = std::pair(host.id, id);
  if (const auto known = boots_.find(key); known != boots_.end()) return &known->second;
  const std::string text = to_string(id.value);
  FS_CHECK(statements_.find_boot.start(host.id, text));
  FS_TRY(const bool found, statements_.find_boot.step());
  Boot entry;
  if (found) {
    entry = {.id = statements_.find_boot.integer(0),
             .last_seen_ms = statements_.find_boot.integer(1)};
    statements_.find_boot.reset();
  } else {
    FS_CHECK(statements_.add_boot.run(host.id, text));
    entry = {.id = database_->last_insert_id()};
  }
  return &boots_.emplace(key, entry).first->second;
}

Result<Catalog::Delivery*> Catalog::delivery(const Host& host, const Incarnation& incarnation) {
  const auto key = std::pair(host.id, incarnation);
  if (const auto known = deliveries_.find(key); known != deliveries_.end()) return &known->second;
  const std::string text = to_string(incarnation.value);
  FS_CHECK(statements_.find_delivery.start(host.id, text));
  FS_TRY(const bool found, statements_.find_delivery.step());
  Delivery entry;
  if (found) {
    auto committed = SequenceRanges::parse(statements_.find_delivery.text_view(1));
    if (!committed) {
      return Error(ErrorCode::corrupt,
                   fmt::format("read delivery {} of {}: its ranges are damaged: restore a backup",
                               statements_.find_delivery.integer(0), database_->path()));
    }
    entry = {.id = statements_.find_delivery.integer(0),
             .committed = *std::move(committed),
             .last_seen_ms = statements_.find_delivery.integer(2)};
    statements_.find_delivery.reset();
  } else {
    FS_CHECK(statements_.add_delivery.run(host.id, text));
    entry = {.id = database_->last_insert_id(), .committed = {}};
  }
  return &deliveries_.emplace(key, std::move(entry)).first->second;
}

Result<Catalog::WorkloadEntry*> Catalog::workload(const Host& host, const std::string& cgroup) {
  auto& of_host = workloads_[host.id];
  if (const auto known = of_host.find(cgroup); known != of_host.end()) return &known->second;
  FS_CHECK(statements_.find_workload.start(host.id, cgroup));
  FS_TRY(const bool found, statements_.find_workload.step());
  WorkloadEntry entry;
  if (found) {
    entry = {.id = statements_.find_workload.integer(0),
             .cgroup_id = statements_.find_workload.unsigned_integer(1),
             .last_seen_ms = statements_.find_workload.integer(2)};
    statements_.find_workload.reset();
  } else {
    FS_CHECK(statements_.add_workload.run(host.id, cgroup));
    entry = {.id = database_->last_insert_id()};
  }
  ++workload_count_;
  return &of_host.emplace(cgroup, entry).first->second;
}

Result<void> Catalog::load_signatures() {
  auto& all = statements_.all_signatures;
  FS_CHECK(all.start());
  for (;;) {
    FS_TRY(const bool row, all.step());
    if (!row) break;
    signatures_.emplace(
        all.text(1),
        SignatureEntry{.id = all.integer(0), .base_names = {}, .last_seen_ms = all.integer(2)});
  }
  auto& executables = statements_.all_executables;
  FS_CHECK(executables.start());
  for (;;) {
    FS_TRY(const bool row, executables.step());
    if (!row) break;
    signatures_[executables.text(0)].base_names.push_back(executables.text(1));
  }
  signatures_loaded_ = true;
  return {};
}

Result<Catalog::SignatureEntry*> Catalog::signature(const Signature& signature) {
  if (!signatures_loaded_) FS_CHECK(load_signatures());
  auto found = signatures_.find(signature.text);
  if (found == signatures_.end()) {
    if (signatures_.size() > max_signatures_) return &signatures_[std::string(kOther)];
    FS_CHECK(statements_.add_signature.run(signature.text));
    SignatureEntry made{.id = database_->last_insert_id(), .base_names = {}};
    found = signatures_.emplace(signature.text, std::move(made)).first;
  }
  FS_CHECK(add_executable(found->second, signature.base_name));
  return &found->second;
}

Result<void> Catalog::add_executable(SignatureEntry& entry, const std::string& base_name) {
  auto& known = entry.base_names;
  if (base_name.empty() || known.size() >= kMostExecutables ||
      std::ranges::find(known, base_name) != known.end())
    return {};
  FS_CHECK(statements_.add_executable.run(entry.id, base_name));
  known.push_back(base_name);
  return {};
}

Result<void> Catalog::flush() {
  for (Host* host : changed_.hosts) {
    FS_CHECK(statements_.update_host.run(host->id, host->name, host->agent_version,
                                         host->last_seen_ms, host->new_executions,
                                         host->new_losses));
    host->new_executions = 0;
    host->new_losses = 0;
    host->changed = false;
  }
  for (Boot* boot : changed_.boots) {
    FS_CHECK(statements_.update_boot.run(boot->id, boot->last_seen_ms));
    boot->changed = false;
  }
  for (Delivery* delivery : changed_.deliveries) {
    FS_CHECK(statements_.update_delivery.run(delivery->id, delivery->committed.to_text(),
                                             delivery->last_seen_ms));
    delivery->changed = false;
  }
  for (WorkloadEntry* workload : changed_.workloads) {
    FS_CHECK(
        statements_.update_workload.run(workload->id, workload->cgroup_id, workload->last_seen_ms));
    workload->changed = false;
  }
  for (SignatureEntry* signature : changed_.signatures) {
    FS_CHECK(statements_.update_signature.run(signature->id, signature->last_seen_ms));
    signature->changed = false;
  }
  changed_ = {};
  forget_if_large();
  return {};
}

void Catalog::forget_if_large() {
  if (workload_count_ + boots_.size() + deliveries_.size() <= kMaxMirrored) return;
  boots_.clear();
  deliveries_.clear();
  workloads_.clear();
  workload_count_ = 0;
}

void Catalog::forget() {
  hosts_.clear();
  boots_.clear();
  deliveries_.clear();
  workloads_.clear();
  workload_count_ = 0;
  signatures_.clear();
  signatures_loaded_ = false;
  changed_ = {};
}

}  // namespace foreshock::coordinator

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/ids.h"
#include "common/base/result.h"
#include "common/signature/signature.h"
#include "coordinator/history/sequence_ranges.h"
#include "coordinator/model/series.h"
#include "coordinator/sqlite/database.h"

namespace foreshock::coordinator {

/// The history's small tables (host, boot, delivery, workload, signature), mirrored in memory so
/// that the rows of the big ones are written without a look-up. Used inside the store's
/// transaction: flush() before its commit, forget() after a rollback or after somebody else changed
/// these tables.
///
/// References stay valid until forget(). What is `changed` is written by flush().
class Catalog {
 public:
  struct Host {
    std::int64_t id = 0;
    std::string name;
    std::string agent_version;
    std::int64_t last_seen_ms = 0;
    std::uint64_t new_executions = 0;  ///< since the last flush
    std::uint64_t new_losses = 0;      ///< since the last flush
    bool changed = false;
  };
  struct Boot {
    std::int64_t id = 0;
    std::int64_t last_seen_ms = 0;
    bool changed = false;
  };
  struct Delivery {
    std::int64_t id = 0;
    SequenceRanges committed;
    std::int64_t last_seen_ms = 0;
    bool changed = false;
  };
  struct WorkloadEntry {
    std::int64_t id = 0;
    std::uint64_t cgroup_id = 0;
    std::int64_t last_seen_ms = 0;
    bool changed = false;
  };
  struct SignatureEntry {
    std::int64_t id = 0;
    std::vector<std::string> base_names;  ///< of executables
    std::int64_t last_seen_ms = 0;
    bool changed = false;
  };

  /// `max_signatures`: further ones are the row 'other'.
  static Result<Catalog> make(const Database& database, std::size_t max_signatures);

  // Each finds the row or makes it; `seen_ms` is kept as the newest.
  Result<Host*> host(const std::string& public_key, std::int64_t seen_ms);
  Result<Boot*> boot(const Host& host, const BootId& id);
  Result<Delivery*> delivery(const Host& host, const Incarnation& incarnation);
  Result<WorkloadEntry*> workload(const Host& host, const std::string& cgroup);
  Result<SignatureEntry*> signature(const Signature& signature);

  /// Moves an entry's newest record forward and marks it for flush().
  template <typename Entry>
  void touch(Entry& entry, std::int64_t seen_ms) {
    if (!entry.changed) {
      entry.changed = true;
      list_of_changed(&entry).push_back(&entry);
    }
    if (entry.last_seen_ms < seen_ms) entry.last_seen_ms = seen_ms;
  }

  Result<void> flush();
  void forget();
  std::size_t signature_count() const { return signatures_.size(); }

 private:
  struct Statements {
    Statement find_host, add_host, update_host;
    Statement find_boot, add_boot, update_boot;
    Statement find_delivery, add_delivery, update_delivery;
    Statement find_workload, add_workload, update_workload;
    Statement all_signatures, add_signature, update_signature;
    Statement all_executables, add_executable;
  };
  struct Changed {
    std::vector<Host*> hosts;
    std::vector<Boot*> boots;
    std::vector<Delivery*> deliveries;
    std::vector<WorkloadEntry*> workloads;
    std::vector<SignatureEntry*> signatures;
  };

  Catalog(const Database& database, std::size_t max_signatures, Statements statements);
  Result<void> load_signatures();
  Result<void> add_executable(SignatureEntry& entry, const std::string& base_name);
  void forget_if_large();
  std::vector<Host*>& list_of_changed(Host*) { return changed_.hosts; }
  std::vector<Boot*>& list_of_changed(Boot*) { return changed_.boots; }
  std::vector<Delivery*>& list_of_changed(Delivery*) { return changed_.deliveries; }
  std::vector<WorkloadEntry*>& list_of_changed(WorkloadEntry*) { return changed_.workloads; }
  std::vector<SignatureEntry*>& list_of_changed(SignatureEntry*) { return changed_.signatures; }

  const Database* database_;
  std::size_t max_signatures_;
  Statements statements_;
  std::unordered_map<std::string, Host> hosts_;
  std::map<std::pair<std::int64_t, BootId>, Boot> boots_;
  std::map<std::pair<std::int64_t, Incarnation>, Delivery> deliveries_;
  // Per host, so that a look-up needs no key of its own.
  std::unordered_map<std::int64_t, std::unordered_map<std::string, WorkloadEntry>> workloads_;
  std::size_t workload_count_ = 0;
  std::unordered_map<std::string, SignatureEntry> signatures_;  // all there are, once loaded
  bool signatures_loaded_ = false;
  Changed changed_;
};

}  // namespace foreshock::coordinator

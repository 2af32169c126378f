#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/wire/zmq_socket.h"
#include "coordinator/ingest/shared_key_watch.h"

namespace foreshock::coordinator {

enum class Enrolment : std::uint8_t { pending = 0, approved = 1, revoked = 2 };
std::string_view to_string(Enrolment enrolment);

struct AgentRow {
  std::string public_key;
  Enrolment enrolment = Enrolment::pending;
  std::string host_name;  ///< as it said itself once it was let in
  std::string address;    ///< of the last attempt
  WallTime first_seen;
  WallTime last_seen;
  std::string shared_by;  ///< hosts that use this one key now, which only one should; else empty
};

/// Who may connect: the keys that knocked, and what a person decided about each. The decisions are
/// kept in one JSON file, replaced as a whole; keys nobody has decided about are in memory only
/// (they knock again), so that strangers cause no writes. Any thread.
class AgentDirectory final : public KeyAuthority {
 public:
  /// No file is an empty directory; one that does not make sense is `corrupt` and stays as it is.
  /// `clock` outlives the directory. `max_pending`: beyond it the oldest unknown keys are
  /// forgotten, so that knocking costs no memory.
  static Result<std::unique_ptr<AgentDirectory>> open(const std::string& path, const Clock& clock,
                                                      std::size_t max_pending = 1000);

  /// KeyAuthority: true for approved keys; an unknown one is noted as pending.
  bool may_connect(const std::string& public_key, const std::string& address) override;
  bool is_approved(const std::string& public_key) const;
  /// `connection` is what tells its connections apart.
  void on_hello(const std::string& public_key, const std::string& host_name,
                const std::string& connection);
  void on_message(const std::string& public_key, const std::string& connection);
  /// Keys that two hosts turned out to share since the last call: for the log.
  std::vector<AgentRow> take_newly_shared();

  WallTime now() const { return clock_.wall_now(); }

  std::vector<AgentRow> list() const;
  /// By whole key or a unique prefix of at least 6 characters (or a unique host name); durable when
  /// it returns. A key that never knocked can be approved by its whole text. `not_found` and
  /// `conflict` (not unique) say so.
  Result<AgentRow> approve(const std::string& key_or_prefix);
  Result<AgentRow> revoke(const std::string& key_or_prefix);

 private:
  AgentDirectory(std::string path, const Clock& clock, std::size_t max_pending);
  Result<void> load();
  Result<AgentRow> set(const std::string& key_or_prefix, Enrolment enrolment);
  Result<std::string> find_key_locked(const std::string& key_or_prefix) const;
  void forget_oldest_pending_locked();
  Result<void> save_locked() const;

  const std::string path_;
  const Clock& clock_;
  const std::size_t max_pending_;
  mutable std::mutex mutex_;
  AgentRow described_locked(const AgentRow& row) const;

  std::map<std::string, AgentRow> agents_;  // guarded by mutex_
  SharedKeyWatch shared_keys_;              // guarded by mutex_
  std::vector<std::string> newly_shared_;   // guarded by mutex_
};

}  // namespace foreshock::coordinator

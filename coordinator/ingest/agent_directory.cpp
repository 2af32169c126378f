#include "coordinator/ingest/agent_directory.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/os/file.h"

namespace foreshock::coordinator {

namespace {

using nlohmann::json;

constexpr int kFileVersion = 1;
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
constexpr std::size_t kLeastPrefix = 6;
constexpr std::size_t kMaxTextBytes = 255;

/// What a stranger says about itself is shown on terminals: printable and short.
std::string make_printable(std::string_view text) {
  std::string result(text.substr(0, kMaxTextBytes));
  std::ranges::replace_if(
      result, [](char c) { return c < ' ' || c > '~'; }, '?');
  return result;
}

std::optional<Enrolment> parse_enrolment(std::string_view text) {
  for (const Enrolment one : {Enrolment::pending, Enrolment::approved, Enrolment::revoked}) {
    if (text == to_string(one)) return one;
  }
  return std::nullopt;
}

AgentRow make_row(const std::string& public_key, WallTime now) {
  AgentRow row;
  row.public_key = public_key;
  row.first_seen = now;
  row.last_seen = now;
  return row;
}

json to_json(const AgentRow& row) {
  return {{"public_key", row.public_key},
          {"enrolment", to_string(row.enrolment)},
          {"host_name", row.host_name},
          {"address", row.address},
          {"first_seen_ms", to_ms(row.first_seen)},
          {"last_seen_ms", to_ms(row.last_seen)}};
}

WallTime parse_time(const json& value) {
  // A clock further away than this is not one; the bound keeps the sum in nanoseconds from
  // overflowing.
  constexpr std::int64_t kMostMs = std::int64_t{1} << 42;
  return wall_time_from_ms(std::clamp<std::int64_t>(value.get<std::int64_t>(), 0, kMostMs));
}

/// Throws what the JSON library throws.
Result<AgentRow> parse_row(const json& value) {
  AgentRow row{.public_key = value.at("public_key").get<std::string>(),
               .host_name = make_printable(value.at("host_name").get<std::string>()),
               .address = make_printable(value.at("address").get<std::string>()),
               .first_seen = parse_time(value.at("first_seen_ms")),
               .last_seen = parse_time(value.at("last_seen_ms")),
               .shared_by = {}};
  if (!is_curve_key(row.public_key)) {
    return Error(ErrorCode::corrupt,
                 fmt::format("\"{}\" is not a key", make_printable(row.public_key)));
  }
  const auto word = value.at("enrolment").get<std::string>();
  const auto enrolment = parse_enrolment(word);
  if (!enrolment) {
    return Error(ErrorCode::corrupt,
                 fmt::format("\"{}\" is not pending, approved or revoked", make_printable(word)));
  }
  row.enrolment = *enrolment;
  return row;
}

Result<std::map<std::string, AgentRow>> parse_agents(const std::string& text) {
  try {
    const json root = json::parse(text);
    if (const int version = root.at("version").get<int>(); version != kFileVersion) {
      return Error(ErrorCode::unsupported,
                   fmt::format("version {}, this program knows {}", version, kFileVersion));
    }
    std::map<std::string, AgentRow> agents;
    for (const auto& value : root.at("agents")) {
      FS_TRY(AgentRow row, parse_row(value));
      std::string key = row.public_key;
      if (!agents.emplace(std::move(key), row).second) {
        return Error(ErrorCode::corrupt, fmt::format("key {} appears twice", row.public_key));
      }
    }
    return agents;
  } catch (const json::exception& cause) {
    return Error(ErrorCode::corrupt, cause.what());
  }
}

}  // namespace

std::string_view to_string(Enrolment enrolment) {
  switch (enrolment) {
    case Enrolment::pending:
      return "pending";
    case Enrolment::approved:
      return "approved";
    case Enrolment::revoked:
      return "revoked";
  }
  return "pending";
}

Result<std::unique_ptr<AgentDirectory>> AgentDirectory::open(const std::string& path,
                                                             const Clock& clock,
                                                             std::size_t max_pending) {
  std::unique_ptr<AgentDirectory> directory(new AgentDirectory(path, clock, max_pending));
  if (auto loaded = directory->load(); !loaded) return loaded.error().in("agent directory " + path);
  return directory;
}

AgentDirectory::AgentDirectory(std::string path, const Clock& clock, std::size_t max_pending)
    : path_(std::move(path)), clock_(clock), max_pending_(max_pending) {}

Result<void> AgentDirectory::load() {
  const auto text = read_file(path_, kMaxFileBytes);
  if (!text && text.error().code() == ErrorCode::not_found) return {};
  if (!text) return text.error();
  FS_TRY(auto agents, parse_agents(*text));
  const std::lock_guard lock(mutex_);
  agents_ = std::move(agents);
  return {};
}

bool AgentDirectory::may_connect(const std::string& public_key, const std::string& address) {
  const std::lock_guard lock(mutex_);
  const WallTime now = clock_.wall_now();
  auto agent = agents_.find(public_key);
  if (agent == agents_.end()) {
    forget_oldest_pending_locked();
    agent = agents_.emplace(public_key, make_row(public_key, now)).first;
  }
  agent->second.address = make_printable(address);
  agent->second.last_seen = now;
  return agent->second.enrolment == Enrolment::approved;
}

/// Makes room for one more.
void AgentDirectory::forget_oldest_pending_locked() {
  std::size_t pending = 0;
  auto oldest = agents_.end();
  for (auto agent = agents_.begin(); agent != agents_.end(); ++agent) {
    if (agent->second.enrolment != Enrolment::pending) continue;
    ++pending;
    if (oldest == agents_.end() || agent->second.last_seen < oldest->second.last_seen)
      oldest = agent;
  }
  if (pending != 0 && pending >= max_pending_) agents_.erase(oldest);
}

bool AgentDirectory::is_approved(const std::string& public_key) const {
  const std::lock_guard lock(mutex_);
  const auto agent = agents_.find(public_key);
  return agent != agents_.end() && agent->second.enrolment == Enrolment::approved;
}

void AgentDirectory::on_hello(const std::string& public_key, const std::string& host_name,
                              const std::string& connection) {
  const std::lock_guard lock(mutex_);
  shared_keys_.on_hello(public_key, connection, make_printable(host_name), clock_.boot_now());
  const auto agent = agents_.find(public_key);
  if (agent == agents_.end()) return;
  const bool first = agent->second.host_name.empty();
  agent->second.host_name = make_printable(host_name);
  agent->second.last_seen = clock_.wall_now();
  // A name is kept for when the host is away; if the disk refuses, the next decision says so.
  if (first) [[maybe_unused]]
    const auto saved = save_locked();
}

void AgentDirectory::on_message(const std::string& public_key, const std::string& connection) {
  const std::lock_guard lock(mutex_);
  if (shared_keys_.on_message(public_key, connection, clock_.boot_now(), clock_.wall_now()))
    newly_shared_.push_back(public_key);
}

std::vector<AgentRow> AgentDirectory::take_newly_shared() {
  const std::lock_guard lock(mutex_);
  std::vector<AgentRow> rows;
  for (const auto& key : std::exchange(newly_shared_, {})) {
    const auto agent = agents_.find(key);
    if (agent != agents_.end()) rows.push_back(described_locked(agent->second));
  }
  return rows;
}

AgentRow AgentDirectory::described_locked(const AgentRow& row) const {
  AgentRow described = row;
  if (const auto sharing = shared_keys_.sharing(row.public_key, clock_.wall_now()))
    described.shared_by = sharing->hosts;
  return described;
}

std::vector<AgentRow> AgentDirectory::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<AgentRow> rows;
  rows.reserve(agents_.size());
  for (const auto& [key, row] : agents_) rows.push_back(described_locked(row));
  return rows;
}

Result<AgentRow> AgentDirectory::approve(const std::string& key_or_prefix) {
  return set(key_or_prefix, Enrolment::approved);
}
Result<AgentRow> AgentDirectory::revoke(const std::string& key_or_prefix) {
  return set(key_or_prefix, Enrolment::revoked);
}

Result<AgentRow> AgentDirectory::set(const std::string& key_or_prefix, Enrolment enrolment) {
  const std::lock_guard lock(mutex_);
  FS_TRY(const std::string key, find_key_locked(key_or_prefix));
  auto agent = agents_.find(key);
  const auto before = agent == agents_.end() ? std::nullopt : std::optional(agent->second);
  if (!before) {
    agent = agents_.emplace(key, make_row(key, clock_.wall_now())).first;
  }
  agent->second.enrolment = enrolment;
  if (auto saved = save_locked(); !saved) {
    // Not durable: as if it had not been asked.
    if (before) {
      agent->second = *before;
    } else {
      agents_.erase(agent);
    }
    return saved.error();
  }
  return agent->second;
}

Result<std::string> AgentDirectory::find_key_locked(const std::string& key_or_prefix) const {
  if (agents_.contains(key_or_prefix) || is_curve_key(key_or_prefix)) return key_or_prefix;
  std::vector<std::string> found;
  for (const auto& [key, row] : agents_) {
    const bool by_prefix = key_or_prefix.size() >= kLeastPrefix && key.starts_with(key_or_prefix);
    if (by_prefix || (!key_or_prefix.empty() && row.host_name == key_or_prefix))
      found.push_back(key);
  }
  const std::string asked = make_printable(key_or_prefix);
  if (found.empty()) {
    return Error(
        ErrorCode::not_found,
        fmt::format("no agent \"{}\": give a key, at least {} characters of one, or a host name",
                    asked, kLeastPrefix));
  }
  if (found.size() > 1) {
    return Error(ErrorCode::conflict,
                 fmt::format("\"{}\" fits {} agents: give more of the key", asked, found.size()));
  }
  return found.front();
}

Result<void> AgentDirectory::save_locked() const {
  json agents = json::array();
  for (const auto& [key, row] : agents_) {
    if (row.enrolment != Enrolment::pending) agents.push_back(to_json(row));
  }
  const json root = {{"version", kFileVersion}, {"agents", std::move(agents)}};
  if (auto replaced = replace_file(path_, as_bytes(root.dump(1) + "\n"), 0600); !replaced) {
    return replaced.error().in("agent directory");
  }
  return {};
}

}  // namespace foreshock::coordinator

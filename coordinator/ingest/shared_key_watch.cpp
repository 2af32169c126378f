#include "coordinator/ingest/shared_key_watch.h"

#include <utility>

namespace foreshock::coordinator {

namespace {

/// What an old connection had sent before it ended is read within this time.
constexpr auto kLeftovers = std::chrono::seconds(15);
constexpr auto kRemembered = std::chrono::minutes(5);

bool is_recent(const SharedKeyWatch::Sharing& sharing, WallTime now) {
  return now - sharing.seen < kRemembered && sharing.seen <= now;
}

}  // namespace

void SharedKeyWatch::on_hello(const std::string& public_key, const std::string& connection,
                              const std::string& host_name, BootTime now) {
  Entry& entry = entries_[public_key];
  if (entry.newest.id != connection) entry.before = std::move(entry.newest);
  entry.newest = {.id = connection, .host_name = host_name, .hello = now};
}

bool SharedKeyWatch::on_message(const std::string& public_key, const std::string& connection,
                                BootTime now, WallTime wall_now) {
  const auto found = entries_.find(public_key);
  if (found == entries_.end()) return false;
  Entry& entry = found->second;
  if (connection == entry.newest.id || now - entry.newest.hello < kLeftovers) return false;
  const bool news = !entry.sharing || !is_recent(*entry.sharing, wall_now);
  const bool known = connection == entry.before.id;
  entry.sharing = Sharing{
      .hosts = (known ? entry.before.host_name : "another host") + ", " + entry.newest.host_name,
      .seen = wall_now};
  return news;
}

std::optional<SharedKeyWatch::Sharing> SharedKeyWatch::sharing(const std::string& public_key,
                                                               WallTime wall_now) const {
  const auto found = entries_.find(public_key);
  if (found == entries_.end() || !found->second.sharing) return std::nullopt;
  return is_recent(*found->second.sharing, wall_now) ? found->second.sharing : std::nullopt;
}

}  // namespace foreshock::coordinator

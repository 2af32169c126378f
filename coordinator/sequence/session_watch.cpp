#include "coordinator/sequence/session_watch.h"

#include <algorithm>
#include <cmath>

namespace foreshock::coordinator {

namespace {

constexpr double kLately = 20;     // commands
constexpr double kUsually = 1000;  // commands
/// What is usual is known after so many commands.
constexpr std::uint64_t kKnown = 200;
/// Less than this in bits is no difference, however even a routine is.
constexpr double kLeastDeviation = 0.25;

/// A mean over all at first, then one that forgets.
double follow_mean(double mean, double value, double seen, double memory) {
  return mean + (value - mean) / std::min(seen, memory);
}

/// The model's words for who and where.
std::string host_word(HostId host) {
  return std::to_string(host);
}
std::string user_word(std::uint32_t uid) {
  return std::to_string(uid);
}

}  // namespace

SessionWatch::SessionWatch(const SequenceModel::Options& options, std::size_t max_sessions)
    : max_sessions_(std::max<std::size_t>(max_sessions, 1)), model_(options) {}

Surprise SessionWatch::on_command(const ObservedCommand& command) {
  const Surprise surprise = model_.learn(host_word(command.host), user_word(command.uid),
                                         command.signature, command.arguments);
  const Key key{command.host, command.uid};
  auto known = followed_.find(key);
  if (known == followed_.end()) {
    if (followed_.size() >= max_sessions_) forget_oldest();
    known = followed_.try_emplace(key).first;
    known->second.session.host = command.host;
    known->second.session.uid = command.uid;
  }
  follow(known->second, command, surprise);
  return surprise;
}

void SessionWatch::follow(Followed& followed, const ObservedCommand& command,
                          const Surprise& surprise) {
  Session& session = followed.session;
  session.last_seen = std::max(session.last_seen, command.time);
  session.last_command = command.signature;
  const double seen = static_cast<double>(++session.commands);
  followed.on_terminal =
      follow_mean(followed.on_terminal, command.on_terminal ? 1 : 0, seen, kLately);
  followed.expected = follow_mean(followed.expected, surprise.expected ? 1 : 0, seen, kLately);
  session.surprise_bits = follow_mean(session.surprise_bits, surprise.bits, seen, kLately);
  const double off = surprise.bits - session.usual_bits;
  session.usual_bits = follow_mean(session.usual_bits, surprise.bits, seen, kUsually);
  followed.variance = follow_mean(followed.variance, off * off, seen, kUsually);
  session.kind = followed.on_terminal >= 0.5 ? SessionKind::interactive
                 : followed.expected >= 0.5  ? SessionKind::routine
                                             : SessionKind::varied;

  const bool was_unusual = session.unusual >= kUnusual;
  // Of a mean of kLately values with exponential weights, from the deviation of one.
  const double deviation =
      std::max(std::sqrt(followed.variance / (2 * kLately - 1)), kLeastDeviation);
  const double above = (session.surprise_bits - session.usual_bits) / deviation;
  session.unusual = session.commands < kKnown ? 0 : std::max(above, 0.0);
  if (session.unusual >= kUnusual && !was_unusual) ++became_unusual_;
}

void SessionWatch::forget_oldest() {
  const auto oldest = std::ranges::min_element(
      followed_, {}, [](const auto& entry) { return entry.second.session.last_seen; });
  followed_.erase(oldest);
}

std::vector<Session> SessionWatch::sessions(WallTime now, std::size_t most) {
  std::vector<const Session*> current;
  for (const auto& [key, followed] : followed_) {
    if (followed.session.last_seen >= now - kOverAfter) current.push_back(&followed.session);
  }
  std::ranges::stable_sort(current, std::ranges::greater(),
                           [](const Session* session) { return session->last_seen; });
  if (current.size() > most) current.resize(most);
  std::vector<Session> sessions;
  for (const Session* one : current) {
    Session& session = sessions.emplace_back(*one);
    for (const auto& next : model_.predict(host_word(one->host), user_word(one->uid))) {
      session.next.push_back({std::string(next.command), next.likelihood});
    }
  }
  return sessions;
}

}  // namespace foreshock::coordinator

#include "coordinator/sequence/session_watch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

constexpr double kLately = 20;     // commands
constexpr double kUsually = 1000;  // commands
/// Less than this in bits is no difference, however even a routine is.
constexpr double kLeastDeviation = 0.25;

/// A mean over all at first, then one that forgets.
double follow_mean(double mean, double value, double seen, double memory) {
  return mean + (value - mean) / std::min(seen, memory);
}

constexpr std::size_t kMostUntaken = 1000;
/// Of typed commands only, which are few.
constexpr std::size_t kMasqueradeUsers = 200;
constexpr std::size_t kGramsOfUser = 20'000;
/// Nearer to a stranger than to the user.
constexpr double kStranger = 1;

/// The model's words for who and where.
std::string host_word(HostId host) {
  return std::to_string(host);
}
std::string user_word(std::uint32_t uid) {
  return std::to_string(uid);
}

}  // namespace

SessionWatch::SessionWatch(const SequenceModel::Options& options, std::size_t max_sessions)
    : max_sessions_(std::max<std::size_t>(max_sessions, 1)),
      model_(options),
      masquerades_({.max_grams = kGramsOfUser, .max_users = kMasqueradeUsers}) {}

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
    known->second.first_seen = command.time;
  }
  follow(known->second, command, surprise);
  if (command.on_terminal) look_for_masquerade(known->second, command);
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
  const bool is_known = session.commands >= kKnownAfterCommands &&
                        session.last_seen - followed.first_seen >= kKnownAfter;
  session.unusual = is_known ? std::max(above, 0.0) : 0;
  followed.strangest *= 1 - 1 / kLately;
  if (surprise.bits >= followed.strangest) {
    followed.strangest = surprise.bits;
    followed.strangest_command = command.signature;
  }
  if (session.unusual >= kUnusual && !was_unusual) {
    tell(followed, session.unusual / kUnusual, "surprise",
         fmt::format("commands of late came as {:.1f} bits of surprise, {:.1f} is usual",
                     session.surprise_bits, session.usual_bits));
  }
}

void SessionWatch::look_for_masquerade(Followed& followed, const ObservedCommand& command) {
  const auto judged = masquerades_.add(user_word(command.uid), command.signature);
  if (!judged) return;
  followed.session.masquerade = judged->score;
  if (judged->score < kStranger) return;
  tell(followed, judged->score, "masquerade",
       fmt::format("the last hundred typed commands are {:.0f} % as far from this user's as a "
                   "stranger's would be",
                   100 * judged->score));
}

void SessionWatch::tell(const Followed& followed, double score, std::string detector,
                        std::string reason) {
  if (unusual_.size() >= kMostUntaken) return;
  unusual_.push_back({.host = followed.session.host,
                      .uid = followed.session.uid,
                      .time = followed.session.last_seen,
                      .score = score,
                      .detector = std::move(detector),
                      .command = followed.strangest_command,
                      .reason = std::move(reason)});
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

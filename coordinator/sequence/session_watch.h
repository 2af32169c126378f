#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/model/anomaly.h"
#include "coordinator/model/session.h"
#include "coordinator/sequence/masquerade_detector.h"
#include "coordinator/sequence/sequence_model.h"

namespace foreshock::coordinator {

/// A command that ran, as it is learned from.
struct ObservedCommand {
  HostId host = 0;
  std::uint32_t uid = 0;  ///< who logged in, where somebody did
  WallTime time;
  std::string_view signature;
  std::string_view arguments;  ///< the whole command line, redacted
  bool on_terminal = false;
};

/// Follows users on hosts, live: what is likely next, what kind of work it is, how surprising it is
/// compared with what is usual for this user on this host, and, of what is typed, whether it looks
/// like somebody else's. Bounded; no clock; one thread.
class SessionWatch {
 public:
  /// A session is over when nothing was run for so long.
  static constexpr auto kOverAfter = std::chrono::minutes(30);
  /// What is usual for a user on a host is known after so many commands and so much time.
  static constexpr std::uint64_t kKnownAfterCommands = 200;
  static constexpr auto kKnownAfter = std::chrono::hours(24);
  /// Far enough from the usual that a person should look.
  static constexpr double kUnusual = 4;

  SessionWatch(const SequenceModel::Options& options, std::size_t max_sessions);

  Surprise on_command(const ObservedCommand& command);
  /// Those under way, newest first, at most `most`.
  std::vector<Session> sessions(WallTime now, std::size_t most);
  /// Those that became unusual since the last call.
  std::vector<UnusualSession> take_unusual() { return std::exchange(unusual_, {}); }

 private:
  using Key = std::pair<HostId, std::uint32_t>;
  struct Followed {
    Session session;
    WallTime first_seen;
    double on_terminal = 0;  ///< share of the last twenty or so
    double expected = 0;     ///< share of the last twenty or so
    double variance = 0;     ///< of the surprise of a command, in bits squared
    double strangest = 0;    ///< surprise of the strangest command of late, fading
    std::string strangest_command;
  };

  void follow(Followed& followed, const ObservedCommand& command, const Surprise& surprise);
  void look_for_masquerade(Followed& followed, const ObservedCommand& command);
  void tell(const Followed& followed, double score, std::string detector, std::string reason);
  void forget_oldest();

  std::size_t max_sessions_;
  SequenceModel model_;
  MasqueradeDetector masquerades_;
  std::map<Key, Followed> followed_;
  std::vector<UnusualSession> unusual_;
};

}  // namespace foreshock::coordinator

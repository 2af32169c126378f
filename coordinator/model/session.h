#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/model/series.h"

namespace foreshock::coordinator {

/// What kind of work the commands of a user on a host are of late.
enum class SessionKind : std::uint8_t {
  interactive,  ///< mostly typed: on a terminal
  routine,      ///< not typed, and mostly what was expected
  varied,       ///< not typed, and mostly not what was expected
};

inline std::string_view to_string(SessionKind kind) {
  switch (kind) {
    case SessionKind::interactive:
      return "interactive";
    case SessionKind::routine:
      return "routine";
    case SessionKind::varied:
      break;
  }
  return "varied";
}

/// What a user ran on a host of late, and what is likely next.
struct Session {
  struct Next {
    std::string command;  ///< signature
    double likelihood = 0;
    bool operator==(const Next&) const = default;
  };

  HostId host = 0;
  std::uint32_t uid = 0;  ///< who logged in, where somebody did
  WallTime last_seen;
  std::uint64_t commands = 0;  ///< since the coordinator's start
  std::string last_command;    ///< signature
  std::vector<Next> next;      ///< likeliest first, at most five
  SessionKind kind = SessionKind::varied;
  double surprise_bits = 0;  ///< of a command, mean of the last twenty or so
  double usual_bits = 0;     ///< of a command, mean of the last thousand or so
  /// How far the surprise is above the usual one, in its standard deviations; 0 below, and while
  /// too little is known.
  double unusual = 0;
  /// Of the last hundred typed commands: 0 like this user's, 1 like a stranger's. Absent until
  /// 5,000 are known.
  std::optional<double> masquerade = {};
  bool operator==(const Session&) const = default;
};

}  // namespace foreshock::coordinator

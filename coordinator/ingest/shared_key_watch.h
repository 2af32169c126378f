#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/base/clock.h"

namespace foreshock::coordinator {

/// Notices that two hosts use one key (a cloned machine): an agent has one connection, and when it
/// makes a new one the old one is silent for ever. So an older connection that still speaks some
/// time after a newer one said Hello is another host's. Pure; one entry a key.
class SharedKeyWatch {
 public:
  struct Sharing {
    std::string hosts;  ///< as they call themselves: "web-1, web-2"
    WallTime seen;      ///< when it was last noticed
  };

  void on_hello(const std::string& public_key, const std::string& connection,
                const std::string& host_name, BootTime now);
  /// True when this is what shows it, and it had not been known for a while: worth a line.
  bool on_message(const std::string& public_key, const std::string& connection, BootTime now,
                  WallTime wall_now);
  /// Absent: one host, or it has not been seen for five minutes.
  std::optional<Sharing> sharing(const std::string& public_key, WallTime wall_now) const;

 private:
  struct Connection {
    std::string id;
    std::string host_name;
    BootTime hello;
  };
  struct Entry {
    Connection newest;
    Connection before;
    std::optional<Sharing> sharing;
  };
  std::map<std::string, Entry> entries_;
};

}  // namespace foreshock::coordinator

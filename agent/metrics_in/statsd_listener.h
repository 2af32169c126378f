#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/metrics_in/metric_table.h"
#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// StatsD datagrams over UDP and over a Unix socket, into a table.
class StatsdListener {
 public:
  struct Options {
    std::string udp;          ///< "127.0.0.1:8125", "[::1]:8125"; empty: none
    std::string unix_socket;  ///< path; empty: none. Anybody on the host may write to it
  };

  /// `table` and `clock` are borrowed. Errors name the address.
  static Result<std::unique_ptr<StatsdListener>> make(const Options& options, MetricTable& table,
                                                      const Clock& clock);
  ~StatsdListener();

  const std::vector<UniqueFd>& sockets() const { return sockets_; }
  /// Takes what has come on that socket, a bounded number of datagrams.
  void receive(int socket);
  /// Where it listens; the port that the kernel chose where 0 was asked for.
  std::uint16_t udp_port() const;

 private:
  StatsdListener(Options options, MetricTable& table, const Clock& clock);
  Result<void> listen_udp();
  Result<void> listen_unix();

  const Options options_;
  MetricTable& table_;
  const Clock& clock_;
  std::vector<UniqueFd> sockets_;
  bool made_unix_socket_ = false;
};

}  // namespace foreshock::agent

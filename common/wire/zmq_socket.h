#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/wire/curve_keys.h"

namespace foreshock {

/// What the transport says about a connection, as far as an operator can act on it.
enum class LinkState {
  connecting,       ///< no answer from the address yet
  connected,        ///< handshake done
  not_enrolled,     ///< the coordinator does not (or no longer) accept our key
  handshake_failed  ///< something answers but not with the coordinator's key we were given
};
std::string_view to_string(LinkState state);

/// The agent's end: a DEALER that speaks CURVE. One thread. Never blocks. Keeps trying to connect,
/// whatever prevented it, at intervals that grow to five seconds. Messages that were accepted and
/// not yet delivered when a connection ends are lost.
class DealerSocket {
 public:
  struct Options {
    std::string endpoint;           ///< "tcp://host:port", "tcp://[address]:port"
    std::string server_public_key;  ///< Z85
    CurveKeyPair own_keys;
    int send_high_water_mark = 64;
  };
  static Result<std::unique_ptr<DealerSocket>> connect(const Options& options);
  ~DealerSocket();

  /// Readable when a message may have come or the state may have changed: then call try_receive()
  /// until nullopt. Stays the same for the socket's life.
  int ready_fd() const;
  /// False while there is no connection, or when its queue is full.
  bool try_send(ByteView message);
  std::optional<ByteBuffer> try_receive();
  LinkState poll_state();
  /// Handshakes done so far, also those that came and went between two looks at the state.
  std::uint64_t connections() const;

 private:
  struct Impl;
  explicit DealerSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Decides whether a public key may connect; called on the thread that polls the socket.
class KeyAuthority {
 public:
  virtual ~KeyAuthority() = default;
  virtual bool may_connect(const std::string& public_key, const std::string& address) = 0;
};

/// The coordinator's end: a ROUTER that speaks CURVE and asks a KeyAuthority (ZAP). One thread (it
/// may be made on another).
class RouterSocket {
 public:
  struct Options {
    std::string endpoint;  ///< "tcp://*:7420"
    CurveKeyPair own_keys;
  };
  struct Received {
    std::string public_key;  ///< of the sender, as authenticated in the handshake
    std::string routing_id;
    ByteBuffer message;
  };
  /// A port that is taken is `conflict` and names the endpoint. `authority` outlives the socket.
  static Result<std::unique_ptr<RouterSocket>> bind(const Options& options,
                                                    KeyAuthority& authority);
  ~RouterSocket();

  /// Where it is bound ("tcp://0.0.0.0:7420"; with port 0 or * the one chosen).
  std::string endpoint() const;
  /// Waits at most `timeout_ms` for messages, handshakes to judge, or wake(); true when there may
  /// be messages.
  bool wait(int timeout_ms);
  /// From any thread.
  void wake();
  std::optional<Received> try_receive();
  /// False when the peer is gone or its queue is full.
  bool try_send(const std::string& routing_id, ByteView message);
  /// Tells the peer that its key is not accepted any more: a DealerSocket hangs up and shows
  /// `not_enrolled`.
  void dismiss(const std::string& routing_id);

 private:
  struct Impl;
  explicit RouterSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foreshock

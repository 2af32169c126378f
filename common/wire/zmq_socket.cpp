#include "common/wire/zmq_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <zmq.hpp>

#include "common/base/assert.h"
#include "common/base/ids.h"
#include "common/os/unique_fd.h"
#include "common/wire/codec.h"

namespace foreshock {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReconnectLeast{100};
constexpr milliseconds kReconnectMost{5000};
constexpr milliseconds kHeartbeatInterval{5000};
/// Three heartbeats lost: the peer is gone, whatever TCP says.
constexpr milliseconds kHeartbeatTimeout{15000};
/// For an address that swallows packets, and for one that accepts and then says nothing.
constexpr milliseconds kConnectTimeout{5000};
constexpr milliseconds kHandshakeTimeout{10000};
/// Messages queued for or from one peer; a busy agent sends one a second and has a window of its
/// own.
constexpr int kPeerHighWaterMark = 64;
/// libzmq asks for authentication only in a named domain.
constexpr const char* kZapDomain = "foreshock";

int count_of(milliseconds duration) {
  return static_cast<int>(duration.count());
}

Error error_of(const std::string& operation, const zmq::error_t& cause) {
  int number = cause.num();
  // Unknown transports and addresses have numbers of their own.
  if (number == EPROTONOSUPPORT || number == ENOCOMPATPROTO) number = EINVAL;
  return {error_from_errno(operation, number).code(),
          fmt::format("{}: {}", operation, cause.what())};
}

void set_common_options(zmq::socket_t& socket, const std::string& endpoint) {
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(kMaxMessageBytes));
  socket.set(zmq::sockopt::heartbeat_ivl, count_of(kHeartbeatInterval));
  socket.set(zmq::sockopt::heartbeat_timeout, count_of(kHeartbeatTimeout));
  socket.set(zmq::sockopt::handshake_ivl, count_of(kHandshakeTimeout));
  socket.set(zmq::sockopt::rcvhwm, kPeerHighWaterMark);
  socket.set(zmq::sockopt::ipv6, endpoint.find('[') != std::string::npos ? 1 : 0);
}

/// False when there is nothing. Neither call ever waits, so an interrupted one is simply made
/// again.
bool try_take(zmq::socket_t& socket, zmq::message_t& message) {
  int size = 0;
  do {
    size = ::zmq_msg_recv(message.handle(), socket.handle(), ZMQ_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  return size >= 0;
}

/// False when the queue is full or the peer is gone.
bool try_put(zmq::socket_t& socket, ByteView bytes, int flags = 0) {
  int size = 0;
  do {
    size = ::zmq_send(socket.handle(), bytes.data(), bytes.size(), ZMQ_DONTWAIT | flags);
  } while (size < 0 && errno == EINTR);
  return size >= 0;
}

bool has_input(zmq::socket_t& socket) {
  int events = 0;
  std::size_t size = sizeof events;
  // Interrupted: look again.
  return ::zmq_getsockopt(socket.handle(), ZMQ_EVENTS, &events, &size) != 0 ||
         (events & ZMQ_POLLIN) != 0;
}

ByteBuffer copy_of(const zmq::message_t& message) {
  const auto bytes = std::as_bytes(std::span(message.data<char>(), message.size()));
  return {bytes.begin(), bytes.end()};
}

Result<void> add_to_epoll(int epoll_fd, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) return error_from_errno("epoll_ctl");
  return {};
}

/// What a monitor's message says; absent when it is none.
std::optional<std::uint16_t> monitor_event_of(const zmq::message_t& message) {
  std::uint16_t event = 0;
  if (message.size() < sizeof event) return std::nullopt;
  std::memcpy(&event, message.data(), sizeof event);
  return event;
}

}  // namespace

std::string_view to_string(LinkState state) {
  switch (state) {
    case LinkState::connecting:
      return "connecting";
    case LinkState::connected:
      return "connected";
    case LinkState::not_enrolled:
      return "not_enrolled";
    case LinkState::handshake_failed:
      return "handshake_failed";
  }
  return "connecting";
}

// What libzmq 4.3.4 says and does by itself when a connection does not come about, or ends:
//
//   nobody listens       CLOSED                                      tries again, ever more seldom
//   wrong server key     HANDSHAKE_FAILED_NO_DETAIL, DISCONNECTED    tries again, 5 to 10 times a
//   second ZAP says 400         HANDSHAKE_FAILED_AUTH, DISCONNECTED         never tries again ZAP
//   says 300         nothing                                     waits peer without CURVE
//   HANDSHAKE_FAILED_PROTOCOL, DISCONNECTED     never tries again peer not ZeroMQ      DISCONNECTED
//   never tries again server goes away     DISCONNECTED                                tries again,
//   ever more seldom
//
// So only reaching the address is left to it. Each connection that fails or ends takes its socket
// with it, and a new one is made after an interval of our own. The descriptor that we show is an
// epoll over the socket, its monitor and a timer: it stays while sockets come and go.
struct DealerSocket::Impl {
  explicit Impl(const Options& given) : options(given) {}
  ~Impl() { close(); }

  Result<void> prepare() {
    epoll = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.valid()) return error_from_errno("epoll_create1");
    timer = UniqueFd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer.valid()) return error_from_errno("timerfd_create");
    return add_to_epoll(epoll.get(), timer.get());
  }

  Result<void> open() {
    const std::string operation = "connect to " + options.endpoint;
    try {
      zmq::socket_t next(context, zmq::socket_type::dealer);
      set_common_options(next, options.endpoint);
      next.set(zmq::sockopt::sndhwm, options.send_high_water_mark);
      // Queue only on finished connections: what cannot be sent now stays in the spool.
      next.set(zmq::sockopt::immediate, 1);
      next.set(zmq::sockopt::reconnect_ivl, count_of(kReconnectLeast));
      next.set(zmq::sockopt::reconnect_ivl_max, count_of(kReconnectMost));
      next.set(zmq::sockopt::connect_timeout, count_of(kConnectTimeout));
      next.set(zmq::sockopt::curve_serverkey, options.server_public_key);
      next.set(zmq::sockopt::curve_publickey, options.own_keys.public_key);
      next.set(zmq::sockopt::curve_secretkey, options.own_keys.secret_key);

      const std::string address = fmt::format("inproc://monitor-{}", ++opened);
      if (::zmq_socket_monitor(next.handle(), address.c_str(), ZMQ_EVENT_ALL) != 0)
        throw zmq::error_t();
      zmq::socket_t next_monitor(context, zmq::socket_type::pair);
      next_monitor.set(zmq::sockopt::linger, 0);
      next_monitor.connect(address);
      next.connect(options.endpoint);

      FS_CHECK(add_to_epoll(epoll.get(), next.get(zmq::sockopt::fd)));
      FS_CHECK(add_to_epoll(epoll.get(), next_monitor.get(zmq::sockopt::fd)));
      socket = std::move(next);
      monitor = std::move(next_monitor);
    } catch (const zmq::error_t& cause) {
      return error_of(operation, cause);
    }
    // What was signalled before the descriptors were watched is not signalled again.
    wake_after(Nanoseconds(1));
    return {};
  }

  void close() {
    if (!socket) return;
    // zmq closes the descriptors later, on a thread of its own; by then they may not be in our set.
    ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, socket.get(zmq::sockopt::fd), nullptr);
    ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, monitor.get(zmq::sockopt::fd), nullptr);
    ::zmq_socket_monitor(socket.handle(), nullptr, 0);
    monitor.close();
    socket.close();
  }

  void wake_after(std::chrono::nanoseconds delay) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(delay);
    itimerspec spec{};
    spec.it_value.tv_sec = seconds.count();
    spec.it_value.tv_nsec = (delay - seconds).count();
    FS_ASSERT(::timerfd_settime(timer.get(), 0, &spec, nullptr) == 0);
  }

  void retry_later() {
    // Spread by half, so that a fleet does not knock in step.
    std::uniform_int_distribution<std::int64_t> spread(back_off.count() / 2, back_off.count());
    const milliseconds delay(spread(random));
    retry_at = std::chrono::steady_clock::now() + delay;
    wake_after(delay);
    back_off = std::min(back_off * 2, kReconnectMost);
  }

  void give_up_connection(LinkState why) {
    state = why;
    close();
    retry_later();
  }

  /// Takes what the timer and the monitor have; after it, either `socket` is open or a retry is on
  /// its way.
  void maintain() {
    std::uint64_t expirations = 0;
    [[maybe_unused]] const auto taken = ::read(timer.get(), &expirations, sizeof expirations);
    if (!socket && std::chrono::steady_clock::now() >= retry_at) {
      // Out of descriptors, say: that passes.
      if (auto opened_again = open(); !opened_again) retry_later();
    }
    zmq::message_t event;
    zmq::message_t address;
    while (socket && try_take(monitor, event)) {
      if (event.more()) try_take(monitor, address);
      if (const auto number = monitor_event_of(event)) on_monitor_event(*number);
    }
  }

  void on_monitor_event(std::uint16_t event) {
    switch (event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        state = LinkState::connected;
        back_off = kReconnectLeast;
        ++connections;
        break;
      case ZMQ_EVENT_CLOSED:
        state = LinkState::connecting;
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        give_up_connection(LinkState::not_enrolled);
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        give_up_connection(LinkState::handshake_failed);
        break;
      case ZMQ_EVENT_DISCONNECTED:
        give_up_connection(state == LinkState::connected ? LinkState::connecting
                                                         : LinkState::handshake_failed);
        break;
      default:
        break;
    }
  }

  /// Any call into the socket may take note of an arrival without telling; the descriptor must
  /// still show it.
  void keep_ready() {
    if (socket && has_input(socket)) wake_after(Nanoseconds(1));
  }

  const Options options;
  UniqueFd epoll;
  UniqueFd timer;
  zmq::context_t context{1};
  zmq::socket_t socket;
  zmq::socket_t monitor;
  LinkState state = LinkState::connecting;
  std::uint64_t connections = 0;
  std::uint64_t opened = 0;
  milliseconds back_off = kReconnectLeast;
  std::chrono::steady_clock::time_point retry_at;
  std::minstd_rand random{static_cast<std::minstd_rand::result_type>(make_random_id128().low)};
};

Result<std::unique_ptr<DealerSocket>> DealerSocket::connect(const Options& options) {
  if (!is_curve_key(options.server_public_key)) {
    return Error(ErrorCode::invalid_argument,
                 "coordinator's public key: not a CURVE key (40 characters of Z85)");
  }
  if (!is_curve_key(options.own_keys.public_key) || !is_curve_key(options.own_keys.secret_key)) {
    return Error(ErrorCode::invalid_argument,
                 "own key pair: not CURVE keys (40 characters of Z85)");
  }
  auto impl = std::make_unique<Impl>(options);
  FS_CHECK(impl->prepare());
  FS_CHECK(impl->open());
  return std::unique_ptr<DealerSocket>(new DealerSocket(std::move(impl)));
}

DealerSocket::DealerSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DealerSocket::~DealerSocket() = default;

int DealerSocket::ready_fd() const {
  return impl_->epoll.get();
}

bool DealerSocket::try_send(ByteView message) {
  impl_->maintain();
  if (!impl_->socket) return false;
  const bool sent = try_put(impl_->socket, message);
  impl_->keep_ready();
  return sent;
}

std::optional<ByteBuffer> DealerSocket::try_receive() {
  impl_->maintain();
  if (!impl_->socket) return std::nullopt;
  zmq::message_t message;
  if (!try_take(impl_->socket, message)) return std::nullopt;
  if (message.empty()) {
    impl_->give_up_connection(LinkState::not_enrolled);  // dismissed, see RouterSocket::dismiss
    return std::nullopt;
  }
  return copy_of(message);
}

LinkState DealerSocket::poll_state() {
  impl_->maintain();
  impl_->keep_ready();
  return impl_->state;
}

std::uint64_t DealerSocket::connections() const {
  return impl_->connections;
}

struct RouterSocket::Impl {
  Impl(const Options& given, KeyAuthority& judge) : options(given), authority(judge) {}

  Result<void> open() {
    wake_event = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_event.valid()) return error_from_errno("eventfd");
    try {
      // libzmq looks for this address in the context, so that a context has one authority: each
      // socket has its own.
      zap = zmq::socket_t(context, zmq::socket_type::rep);
      zap.set(zmq::sockopt::linger, 0);
      zap.bind("inproc://zeromq.zap.01");

      router = zmq::socket_t(context, zmq::socket_type::router);
      set_common_options(router, options.endpoint);
      router.set(zmq::sockopt::sndhwm, kPeerHighWaterMark);
      // A peer that is gone is an answer (false), not a silent loss. No handover: our peers have no
      // ids of their own, and nobody may take over another's.
      router.set(zmq::sockopt::router_mandatory, 1);
      // A whole fleet comes back at once when the coordinator does.
      router.set(zmq::sockopt::backlog, 1024);
      router.set(zmq::sockopt::curve_server, 1);
      router.set(zmq::sockopt::curve_secretkey, options.own_keys.secret_key);
      router.set(zmq::sockopt::zap_domain, kZapDomain);
      router.bind(options.endpoint);
    } catch (const zmq::error_t& cause) {
      return error_of("listen on " + options.endpoint, cause);
    }
    return {};
  }

  /// Answers one handshake's question (RFC 27, ZAP).
  void judge_handshake() {
    std::vector<zmq::message_t> frames;
    do {
      frames.emplace_back();
      if (!try_take(zap, frames.back())) return;
    } while (frames.back().more());
    const std::string public_key = public_key_in(frames);
    const bool admitted =
        !public_key.empty() && authority.may_connect(public_key, frames[3].to_string());
    const std::string request_id = frames.size() > 1 ? frames[1].to_string() : std::string();
    // A refusal is 400, never 300: that would leave the peer waiting without a word.
    const std::array<std::string, 6> reply = {"1.0",
                                              request_id,
                                              admitted ? "200" : "400",
                                              admitted ? "" : "key not approved",
                                              admitted ? public_key : "",
                                              ""};
    for (std::size_t i = 0; i < reply.size(); ++i) {
      try_put(zap, as_bytes(reply[i]), i + 1 < reply.size() ? ZMQ_SNDMORE : 0);
    }
  }

  static std::string public_key_in(const std::vector<zmq::message_t>& frames) {
    constexpr std::size_t kKeyBytes = 32;
    if (frames.size() != 7 || frames[5].to_string_view() != "CURVE" ||
        frames[6].size() != kKeyBytes)
      return {};
    std::array<char, 41> text{};
    return ::zmq_z85_encode(text.data(), frames[6].data<std::uint8_t>(), kKeyBytes) ? text.data()
                                                                                    : std::string();
  }

  const Options options;
  KeyAuthority& authority;
  UniqueFd wake_event;
  zmq::context_t context{1};
  zmq::socket_t zap;
  zmq::socket_t router;
};

Result<std::unique_ptr<RouterSocket>> RouterSocket::bind(const Options& options,
                                                         KeyAuthority& authority) {
  if (!is_curve_key(options.own_keys.secret_key)) {
    return Error(ErrorCode::invalid_argument,
                 "own secret key: not a CURVE key (40 characters of Z85)");
  }
  auto impl = std::make_unique<Impl>(options, authority);
  FS_CHECK(impl->open());
  return std::unique_ptr<RouterSocket>(new RouterSocket(std::move(impl)));
}

RouterSocket::RouterSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RouterSocket::~RouterSocket() = default;

std::string RouterSocket::endpoint() const {
  return impl_->router.get(zmq::sockopt::last_endpoint);
}

bool RouterSocket::wait(int timeout_ms) {
  std::array<zmq_pollitem_t, 3> items = {{{impl_->router.handle(), 0, ZMQ_POLLIN, 0},
                                          {impl_->zap.handle(), 0, ZMQ_POLLIN, 0},
                                          {nullptr, impl_->wake_event.get(), ZMQ_POLLIN, 0}}};
  // An interrupted wait is one that ended early.
  if (::zmq_poll(items.data(), static_cast<int>(items.size()), timeout_ms) <= 0) return false;
  if ((items[1].revents & ZMQ_POLLIN) != 0) impl_->judge_handshake();
  if ((items[2].revents & ZMQ_POLLIN) != 0) {
    std::uint64_t wakes = 0;
    [[maybe_unused]] const auto taken = ::read(impl_->wake_event.get(), &wakes, sizeof wakes);
  }
  return (items[0].revents & ZMQ_POLLIN) != 0;
}

void RouterSocket::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(impl_->wake_event.get(), &one, sizeof one);
}

std::optional<RouterSocket::Received> RouterSocket::try_receive() {
  zmq::message_t routing_id;
  zmq::message_t body;
  // The parts of one message arrive together.
  if (!try_take(impl_->router, routing_id) || !routing_id.more()) return std::nullopt;
  if (!try_take(impl_->router, body)) return std::nullopt;
  Received received;
  const char* key = ::zmq_msg_gets(body.handle(), "User-Id");
  received.public_key = key ? key : "";
  received.routing_id = routing_id.to_string();
  // Our peers send one part. Of anything else nothing is kept: an empty message is malformed to
  // everybody.
  if (!body.more()) received.message = copy_of(body);
  while (body.more() && try_take(impl_->router, body)) {
  }
  return received;
}

bool RouterSocket::try_send(const std::string& routing_id, ByteView message) {
  return try_put(impl_->router, as_bytes(routing_id), ZMQ_SNDMORE) &&
         try_put(impl_->router, message);
}

void RouterSocket::dismiss(const std::string& routing_id) {
  try_send(routing_id, {});
}

}  // namespace foreshock

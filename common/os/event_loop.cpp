#include "common/os/event_loop.h"

#include <array>
#include <cerrno>
#include <cstdint>

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

namespace foreshock {

Result<void> block_signals(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  if (const int failed = pthread_sigmask(SIG_BLOCK, &set, nullptr); failed != 0) {
    return error_from_errno("pthread_sigmask", failed);
  }
  return {};
}

Result<std::unique_ptr<EventLoop>> EventLoop::make() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return error_from_errno("epoll_create1");
  UniqueFd stop_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event.valid()) return error_from_errno("eventfd");
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(epoll), std::move(stop_event)));
  FS_CHECK(
      loop->watch_readable(loop->stop_event_.get(), [raw = loop.get()] { raw->stopping_ = true; }));
  return loop;
}

EventLoop::EventLoop(UniqueFd epoll, UniqueFd stop_event)
    : epoll_(std::move(epoll)), stop_event_(std::move(stop_event)) {}

EventLoop::~EventLoop() = default;

Result<void> EventLoop::add(int fd, UniqueFd owned, Callback on_ready) {
  auto watch = std::make_unique<Watch>(Watch{fd, std::move(owned), std::move(on_ready)});
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = watch.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return error_from_errno("epoll_ctl");
  watches_.push_back(std::move(watch));
  return {};
}

Result<void> EventLoop::watch_readable(int fd, Callback on_readable) {
  return add(fd, UniqueFd(), std::move(on_readable));
}

Result<void> EventLoop::watch_timer(std::chrono::nanoseconds period, Callback on_tick) {
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer.valid()) return error_from_errno("timerfd_create");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(period);
  itimerspec spec{};
  spec.it_interval.tv_sec = seconds.count();
  spec.it_interval.tv_nsec = (period - seconds).count();
  spec.it_value = spec.it_interval;
  if (::timerfd_settime(timer.get(), 0, &spec, nullptr) != 0)
    return error_from_errno("timerfd_settime");
  const int fd = timer.get();
  return add(fd, std::move(timer), [fd, on_tick = std::move(on_tick)] {
    std::uint64_t expirations = 0;
    if (::read(fd, &expirations, sizeof expirations) == sizeof expirations) on_tick();
  });
}

Result<void> EventLoop::watch_signals(std::initializer_list<int> signals,
                                      std::function<void(int)> on_signal) {
  FS_CHECK(block_signals(signals));
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  UniqueFd source(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!source.valid()) return error_from_errno("signalfd");
  const int fd = source.get();
  return add(fd, std::move(source), [fd, on_signal = std::move(on_signal)] {
    signalfd_siginfo info{};
    while (::read(fd, &info, sizeof info) == sizeof info)
      on_signal(static_cast<int>(info.ssi_signo));
  });
}

Result<void> EventLoop::poll_once(std::chrono::milliseconds timeout) {
  std::array<epoll_event, 16> ready{};
  const int n =
      ::epoll_wait(epoll_.get(), ready.data(), ready.size(), static_cast<int>(timeout.count()));
  if (n < 0) {
    if (errno == EINTR) return {};
    return error_from_errno("epoll_wait");
  }
  for (int i = 0; i < n && !stopping_; ++i)
    static_cast<Watch*>(ready[static_cast<std::size_t>(i)].data.ptr)->on_ready();
  return {};
}

Result<void> EventLoop::run() {
  while (!stopping_) FS_CHECK(poll_once(std::chrono::seconds(60)));
  return {};
}

void EventLoop::stop() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_event_.get(), &one, sizeof one);
}

}  // namespace foreshock

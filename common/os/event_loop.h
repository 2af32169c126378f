#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock {

/// Blocks the signals for this thread and those it starts. A program calls it before its first
/// thread, so that an event loop, and nobody else, gets them.
Result<void> block_signals(std::initializer_list<int> signals);

/// Waits for descriptors, timers and signals, and calls back; one thread's heart.
/// Callbacks may add watches and stop the loop, and must not block.
class EventLoop {
 public:
  using Callback = std::function<void()>;

  static Result<std::unique_ptr<EventLoop>> make();
  ~EventLoop();

  /// Calls back whenever `fd` (borrowed, outlives the loop) is readable.
  Result<void> watch_readable(int fd, Callback on_readable);
  /// Calls back each `period`; turns that were missed collapse into one.
  Result<void> watch_timer(std::chrono::nanoseconds period, Callback on_tick);
  /// Calls back when one of the signals arrives; blocks them for this thread and those it starts.
  Result<void> watch_signals(std::initializer_list<int> signals,
                             std::function<void(int)> on_signal);

  /// Runs what is ready, waiting at most `timeout` for the first.
  Result<void> poll_once(std::chrono::milliseconds timeout);
  /// Runs until stop().
  Result<void> run();
  /// From any thread, or from a callback.
  void stop();

 private:
  struct Watch {
    int fd;
    UniqueFd owned;
    Callback on_ready;
  };

  EventLoop(UniqueFd epoll, UniqueFd stop_event);
  Result<void> add(int fd, UniqueFd owned, Callback on_ready);

  UniqueFd epoll_;
  UniqueFd stop_event_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Watch>> watches_;
};

}  // namespace foreshock

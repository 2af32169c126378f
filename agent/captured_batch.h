#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/model/process_event.h"

namespace foreshock::agent {

/// Events of one drain, redacted, and the source's mark after them. What held the events of an
/// earlier one holds those of the next: a busy host would allocate them on one thread and free them
/// on the other all the time.
class CapturedBatch {
 public:
  std::uint64_t position = 0;

  std::size_t size() const { return order_.size(); }
  void add(ProcessEvent&& event);
  /// In the order of their coming: `on_exec(ExecEvent&)`, `on_exit(const ExitEvent&)`.
  template <typename OnExec, typename OnExit>
  void visit(OnExec on_exec, OnExit on_exit) {
    std::size_t execs = 0;
    std::size_t exits = 0;
    for (const Kind kind : order_) {
      if (kind == Kind::exec) {
        on_exec(execs_[execs++]);
      } else {
        on_exit(exits_[exits++]);
      }
    }
  }
  /// Keeps the room of what is not long.
  void clear();

 private:
  enum class Kind : std::uint8_t { exec, exit };
  std::vector<Kind> order_;
  // Of both, as many as order_ says are events; the others wait to be used again.
  std::vector<ExecEvent> execs_;
  std::vector<ExitEvent> exits_;
  std::size_t used_execs_ = 0;
  std::size_t used_exits_ = 0;
};

}  // namespace foreshock::agent

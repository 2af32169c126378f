#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

/// One execve as the Linux audit system logs it.
struct AuditedExec {
  WallTime time;
  std::uint32_t pid = 0;
  std::uint32_t parent_pid = 0;
  Identity identity;
  std::string comm;
  std::string filename;
  std::string cwd;
  std::string tty;
  std::vector<std::string> words;
  std::uint64_t true_bytes = 0;  ///< of all words with a NUL each; more than what was kept of them
};

/// Puts the records of the audit log's lines together: an event is several lines with one serial
/// number (SYSCALL, EXECVE, CWD, …), possibly mixed with others'. Bounded: of what never becomes
/// whole the oldest is given up. Pure.
class AuditRecords {
 public:
  /// One line, without its end. Lines that make no sense are counted.
  void add_line(std::string_view line);
  /// No more lines belong to what has begun: for the time when nothing has come for a while.
  void finish_all();
  /// The execs that are whole, and succeeded, in the order of the log.
  std::vector<AuditedExec> take();
  std::uint64_t not_understood() const { return not_understood_; }

 private:
  struct Event {
    std::string serial;
    AuditedExec exec;
    bool has_syscall = false;
    bool has_words = false;
    bool failed = false;
  };
  Event& event_of(std::string_view serial, WallTime time);
  void finish(Event&& event);

  std::deque<Event> open_;  ///< in the order in which they began
  std::vector<AuditedExec> whole_;
  std::uint64_t not_understood_ = 0;
};

}  // namespace foreshock::agent

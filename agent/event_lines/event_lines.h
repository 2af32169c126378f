#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/model/process_event.h"
#include "common/model/report.h"
#include "common/model/workload_identity.h"
#include "common/text/text_table.h"

namespace foreshock::agent {

/// Appends a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD: arguments can be
/// anything, JSON cannot.
void append_json_string(std::string& out, std::string_view text);

/// Appends text for a terminal: what could control it is shown as \xNN.
void append_printable(std::string& out, std::string_view text);

/// Appends UTC times as format_utc() does; remembers the second, because many events share it.
class UtcWriter {
 public:
  void append(std::string& out, WallTime time);

 private:
  std::int64_t second_ = -1;
  std::string text_;  ///< of that second, up to its decimal point
};

/// What is known about an event's process beside the event.
struct EventContext {
  std::string_view cgroup;    ///< path; empty: not known
  std::string_view ancestry;  ///< as Execution::ancestry
  const WorkloadIdentity& identity;
};

/// Writes one line an event into a buffer. A line is whole and ends with a line feed.
class EventLines {
 public:
  virtual ~EventLines() = default;
  /// What stands before the first line.
  virtual void append_heading(std::string& out) = 0;
  virtual void append_exec(std::string& out, const ExecEvent& exec, const EventContext& context,
                           WallTime time) = 0;
  /// @param ended  with its end.
  virtual void append_exit(std::string& out, const Execution& ended,
                           const WorkloadIdentity& identity, WallTime time) = 0;
};

/// One JSON object a line; "event" is its first member.
class JsonEventLines final : public EventLines {
 public:
  void append_heading(std::string&) override {}
  void append_exec(std::string& out, const ExecEvent& exec, const EventContext& context,
                   WallTime time) override;
  void append_exit(std::string& out, const Execution& ended, const WorkloadIdentity& identity,
                   WallTime time) override;

 private:
  UtcWriter utc_;
};

/// Columns for people.
class TextEventLines final : public EventLines {
 public:
  /// `colour`: starts faint, failures red, for a terminal.
  explicit TextEventLines(bool colour = false) : style_{std::nullopt, colour} {}
  void append_heading(std::string& out) override;
  void append_exec(std::string& out, const ExecEvent& exec, const EventContext& context,
                   WallTime time) override;
  void append_exit(std::string& out, const Execution& ended, const WorkloadIdentity& identity,
                   WallTime time) override;

 private:
  void append_tinted(std::string& out, const std::string& line, Tint tint) const;

  TextStyle style_;
  UtcWriter utc_;
};

}  // namespace foreshock::agent

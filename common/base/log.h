#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/core.h>

namespace foreshock {

enum class LogLevel { debug, info, warning, error };

/// Sends lines "level=… event=… key=value …" to standard error; debug only when asked. Where that
/// is the journal, each line has its priority in front, and journald has the time; elsewhere it
/// begins with the time in UTC. An event that repeats itself is held back (log_limit.h) and its
/// next line says how often: "suppressed=17". Any thread; may be called again, with another
/// threshold.
void start_log(LogLevel threshold);
void write_log(LogLevel level, std::string_view line);
/// "debug", "info", "warning" or "error"; anything else is info.
LogLevel parse_log_level(std::string_view text);

/// One line of the log without its time. Control characters, which could forge a line or garble a
/// terminal, become "?". Pure.
std::string format_log_line(LogLevel level, std::string_view line, std::uint64_t suppressed,
                            bool for_journal);

/// `log_info("agent_enrolled key={} name={}", key, name)`: the first word is the event, the rest
/// key=value.
template <typename... Args>
void log_debug(fmt::format_string<Args...> line, Args&&... args) {
  write_log(LogLevel::debug, fmt::format(line, std::forward<Args>(args)...));
}
template <typename... Args>
void log_info(fmt::format_string<Args...> line, Args&&... args) {
  write_log(LogLevel::info, fmt::format(line, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warning(fmt::format_string<Args...> line, Args&&... args) {
  write_log(LogLevel::warning, fmt::format(line, std::forward<Args>(args)...));
}
template <typename... Args>
void log_error(fmt::format_string<Args...> line, Args&&... args) {
  write_log(LogLevel::error, fmt::format(line, std::forward<Args>(args)...));
}

}  // namespace foreshock

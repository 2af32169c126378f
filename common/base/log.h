#pragma once

#include <string_view>

#include <fmt/core.h>

namespace foreshock {

enum class LogLevel { debug, info, warning, error };

/// Sends lines "level=… event=… key=value …" to standard error (journald reads it); debug only when
/// asked.
void start_log(LogLevel threshold);
void write_log(LogLevel level, std::string_view line);
/// "debug", "info", "warning" or "error"; anything else is info.
LogLevel parse_log_level(std::string_view text);

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

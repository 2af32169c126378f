#include "common/base/log.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log_limit.h"

namespace foreshock {

namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

/// sd-daemon(3): a number in front of a line is its syslog priority.
std::string_view journal_priority(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "<7>";
    case LogLevel::info:
      return "<6>";
    case LogLevel::warning:
      return "<4>";
    case LogLevel::error:
      return "<3>";
  }
  return "<6>";
}

/// systemd.exec(5): $JOURNAL_STREAM names the journal's socket; standard error may have been sent
/// elsewhere since.
bool is_journal() {
  const char* stream =
      std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  struct stat status {};
  return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
         stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

struct Log {
  std::mutex mutex;
  LogLimit limit;  // guarded by mutex
  const SystemClock clock;
  const bool journal = is_journal();
  spdlog::logger out{"foreshock", std::make_shared<spdlog::sinks::stderr_sink_mt>()};

  Log() {
    out.set_pattern(journal ? "%v" : "time=%Y-%m-%dT%H:%M:%S.%eZ %v",
                    spdlog::pattern_time_type::utc);
    out.set_level(spdlog::level::info);
    out.flush_on(spdlog::level::debug);
  }
};

Log& the_log() {
  static Log log;
  return log;
}

}  // namespace

void start_log(LogLevel threshold) {
  the_log().out.set_level(to_spdlog(threshold));
}

std::string format_log_line(LogLevel level, std::string_view line, std::uint64_t suppressed,
                            bool for_journal) {
  std::string text = fmt::format("{}level={} event={}", for_journal ? journal_priority(level) : "",
                                 to_string(level), line);
  if (suppressed > 0) text += fmt::format(" suppressed={}", suppressed);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return text;
}

void write_log(LogLevel level, std::string_view line) {
  Log& log = the_log();
  if (!log.out.should_log(to_spdlog(level))) return;
  std::optional<std::uint64_t> suppressed;
  {
    const std::lock_guard lock(log.mutex);
    suppressed = log.limit.admit(line.substr(0, line.find(' ')), log.clock.boot_now());
  }
  if (suppressed)
    log.out.log(to_spdlog(level), format_log_line(level, line, *suppressed, log.journal));
}

LogLevel parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::debug;
  if (text == "warning") return LogLevel::warning;
  if (text == "error") return LogLevel::error;
  return LogLevel::info;
}

}  // namespace foreshock

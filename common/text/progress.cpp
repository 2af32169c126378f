#include "common/text/progress.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "common/text/display.h"

namespace foreshock {

namespace {

constexpr std::size_t kBarColumns = 24;
constexpr std::chrono::milliseconds kBetweenDraws{100};
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

Progress::Progress(std::ostream& out, const TextStyle& style, std::string what, std::size_t total)
    : out_(out), is_terminal_(style.width.has_value()), what_(std::move(what)), total_(total) {}

Progress::~Progress() {
  if (drawn_) out_ << kClearLine << std::flush;
}

void Progress::set_done(std::size_t done) {
  done_ = done;
  if (!is_terminal_) return;
  const auto now = Clock::now();
  if (!drawn_ || now - *drawn_ >= kBetweenDraws) draw(now);
}

void Progress::draw(Clock::time_point now) {
  drawn_ = now;
  out_ << kClearLine << format_progress(what_, done_, total_, now - begun_) << std::flush;
}

std::string format_progress(const std::string& what, std::size_t done, std::size_t total,
                            std::chrono::nanoseconds elapsed) {
  if (total == 0) return fmt::format("{}  {}", what, done);
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto full = static_cast<std::size_t>(share * kBarColumns);
  std::string line = fmt::format("{}  [{:#>{}}{:->{}}] {:3.0f} %", what, "", full, "",
                                 kBarColumns - full, share * 100);
  if (share > 0 && elapsed > std::chrono::seconds(1)) {
    const std::chrono::duration<double, std::nano> left = elapsed * ((1 - share) / share);
    line += "  " + format_duration(std::chrono::duration_cast<std::chrono::nanoseconds>(left)) +
            " left";
  }
  return line;
}

}  // namespace foreshock

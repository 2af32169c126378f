#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

#include "common/text/text_table.h"

namespace foreshock {

/// How far long work is: one line on a terminal, drawn over and over, and nothing at all elsewhere.
///
///   reading  [#########-----------]  45 %  12 s left
///
/// For standard error, so that results stay clean. One thread.
class Progress {
 public:
  /// @param total  steps of the work; 0: not known, only what was done is shown.
  /// `out` outlives it.
  Progress(std::ostream& out, const TextStyle& style, std::string what, std::size_t total);
  /// Takes the line away.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// So much is done by now. Cheap enough for each step: draws ten times a second at most.
  void set_done(std::size_t done);

 private:
  using Clock = std::chrono::steady_clock;

  void draw(Clock::time_point now);

  std::ostream& out_;
  bool is_terminal_;
  std::string what_;
  std::size_t total_;
  std::size_t done_ = 0;
  Clock::time_point begun_ = Clock::now();
  std::optional<Clock::time_point> drawn_;
};

/// The line without the escape that clears it, for `elapsed` so far.
std::string format_progress(const std::string& what, std::size_t done, std::size_t total,
                            std::chrono::nanoseconds elapsed);

}  // namespace foreshock

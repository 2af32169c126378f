#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/model/process_event.h"

namespace foreshock::agent {

/// Sizes of the files that a command line names: what a command needs depends on what it is given.
///
/// Bounded: so many words of a command, so many looks a second. A look never waits for a disk or a
/// server: only names that the kernel has at hand are found (those the command itself has just
/// opened are). One thread.
class ArgumentFiles {
 public:
  struct Options {
    std::size_t words_per_command = 16;
    double looks_per_second = 500;
  };
  explicit ArgumentFiles(Options options) : options_(options), budget_(options.looks_per_second) {}
  ArgumentFiles() : ArgumentFiles(Options{}) {}

  /// Regular files among the arguments, relative ones below `cwd`. Absent when the budget is spent.
  std::optional<InputFiles> measure(const Argv& argv, const std::string& cwd, BootTime now);

 private:
  bool take_from_budget(std::size_t looks, BootTime now);

  const Options options_;
  double budget_;
  std::optional<BootTime> budget_at_;
};

}  // namespace foreshock::agent

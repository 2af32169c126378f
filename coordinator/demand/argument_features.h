#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "coordinator/model/demand.h"

namespace foreshock::coordinator {

/// Turns what is known of a command into numbers. The vocabulary is learned from records of one
/// program: the numeric options that vary (`-O2`, `-j 8`, `--level=19`), the words that come and go
/// (`-c`, `build`, ".cpp"), and, where it was more than one, what its binary is like.
class ArgumentFeatures {
 public:
  static ArgumentFeatures learn(std::span<const DemandRecord> records);

  /// Names, in the order of values().
  const std::vector<std::string>& names() const { return names_; }
  /// NaN: missing.
  std::vector<double> values(const DemandQuestion& question) const;

 private:
  bool has_binaries_ = false;         ///< they differ
  std::vector<std::string> numbers_;  ///< options with numbers
  std::vector<std::string> words_;
  std::vector<std::string> names_;
};

/// Each option with its number: "-O2" → {"-O", 2}, "--level=19" → {"--level", 19}, "-j 8" →
/// {"-j", 8}, "-9" → {"-", 9}. Pure.
std::map<std::string, double> numeric_options(const std::vector<std::string>& argv);
/// What a word says beside its numbers: flags, sub-commands, and the ending of a file's name. Pure.
std::vector<std::string> telling_words(const std::vector<std::string>& argv);

}  // namespace foreshock::coordinator

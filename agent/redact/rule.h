#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/redact/command_words.h"

namespace foreshock::agent {

/// Where words stand: it decides which of them may be options and their values.
enum class WordsKind {
  argv,    ///< as given to execve
  script,  ///< of `bash -c '…'`: still has quotes and $variables
  text,    ///< a message, SQL, a header: no options
};

/// A word in its surroundings.
struct WordContext {
  std::span<const Word> words;
  std::size_t index = 0;
  WordsKind kind = WordsKind::argv;
  std::string_view tool;       ///< last known tool at or before this word, empty when there is none
  std::size_t tool_index = 0;  ///< where its name stands
  bool holds_script = false;   ///< this word is a script: `-c` stands before it

  /// Here $NAME is a variable, not a value.
  bool in_script() const { return kind == WordsKind::script || holds_script; }

  const Word& word() const { return words[index]; }
  const Word* next(std::size_t distance = 1) const {
    return distance < words.size() - index ? &words[index + distance] : nullptr;
  }
};

/// The secrets found: views into the command line, in any order, possibly overlapping.
class Findings {
 public:
  void add(std::string_view secret) {
    if (!secret.empty()) secrets_.push_back(secret);
  }
  bool empty() const { return secrets_.empty(); }
  std::vector<std::string_view> take() { return std::exchange(secrets_, {}); }

 private:
  std::vector<std::string_view> secrets_;
};

/// A built-in rule: a row of the table in built_in_rules.cpp.
struct BuiltInRule {
  std::string_view name;
  std::string_view description;
  std::uint16_t
      needs;  ///< WordTraits without which it cannot match (a cut word may have lost them)
  void (*find)(const WordContext& at, Findings& out);
};

}  // namespace foreshock::agent

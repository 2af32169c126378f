#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/model/process_event.h"

namespace foreshock::agent {

/// Command lines that a search for secrets has found nothing in, word for word: hosts repeat the
/// same ones all day, and looking one up costs a tenth of searching it again. Keeps only what was
/// found harmless, of bounded number and length; a later one takes the place of an earlier one. One
/// thread.
class HarmlessCommands {
 public:
  bool knows(const Argv& argv) const;
  void remember(const Argv& argv);

 private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kMaxBytes = 256;

  struct Slot {
    std::size_t hash = 0;
    std::string words;
  };
  /// What truncation has cut off might have been a secret's beginning: never remembered.
  static bool is_kept(const Argv& argv);

  std::vector<Slot> slots_{kSlots};
};

}  // namespace foreshock::agent

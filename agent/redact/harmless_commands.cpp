#include "agent/redact/harmless_commands.h"

#include <functional>
#include <string_view>

namespace foreshock::agent {

bool HarmlessCommands::is_kept(const Argv& argv) {
  return !argv.words.empty() && argv.words.size() <= kMaxBytes && !argv.truncated();
}

bool HarmlessCommands::knows(const Argv& argv) const {
  if (!is_kept(argv)) return false;
  const auto hash = std::hash<std::string_view>()(argv.words);
  const Slot& slot = slots_[hash % kSlots];
  return slot.hash == hash && slot.words == argv.words;
}

void HarmlessCommands::remember(const Argv& argv) {
  if (!is_kept(argv) || argv.redacted) return;
  const auto hash = std::hash<std::string_view>()(argv.words);
  Slot& slot = slots_[hash % kSlots];
  slot.hash = hash;
  slot.words = argv.words;
}

}  // namespace foreshock::agent

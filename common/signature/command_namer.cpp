#include "common/signature/command_namer.h"

#include <functional>
#include <utility>

namespace foreshock {

void CommandNamer::use(std::shared_ptr<const SignatureRules> rules) {
  if (rules == rules_) return;
  rules_ = std::move(rules);
  slots_.clear();
}

CommandNamer::Slot& CommandNamer::look_up(const Argv& argv, std::string_view filename) {
  if (argv.words.size() + filename.size() > kMaxBytes) {
    unkept_.signature = rules_->name(argv.split(), filename);
    unkept_.mark = 0;
    return unkept_;
  }
  if (slots_.empty()) slots_.resize(kSlots);
  const std::hash<std::string_view> hash;
  Slot& slot = slots_[(hash(argv.words) ^ hash(filename)) % kSlots];
  if (slot.signature.text.empty() || slot.words != argv.words || slot.filename != filename) {
    slot.words = argv.words;
    slot.filename = filename;
    slot.signature = rules_->name(argv.split(), filename);
    slot.mark = 0;
  }
  return slot;
}

}  // namespace foreshock

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/process_event.h"
#include "common/signature/signature_rules.h"

namespace foreshock {

/// Names command lines by rules, and remembers the names of those that are not long: hosts repeat
/// the same ones all day, and looking one up costs a tenth of naming it. Of bounded number and
/// length; a later one takes the place of an earlier one. One thread.
class CommandNamer {
 public:
  /// Names by these from now on.
  void use(std::shared_ptr<const SignatureRules> rules);
  /// As SignatureRules::name. Valid until the next call.
  const Signature& name(const Argv& argv, std::string_view filename) {
    return look_up(argv, filename).signature;
  }

  /// The same with a mark of the caller's own: 0 until it is set, and again whenever the command
  /// has to be named anew.
  struct Marked {
    const Signature& signature;
    std::uint32_t& mark;
  };
  Marked name_marked(const Argv& argv, std::string_view filename) {
    Slot& slot = look_up(argv, filename);
    return {slot.signature, slot.mark};
  }

 private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kMaxBytes = 256;

  struct Slot {
    std::string words;
    std::string filename;
    Signature signature;  ///< its text is empty: the slot has none yet
    std::uint32_t mark = 0;
  };
  Slot& look_up(const Argv& argv, std::string_view filename);

  std::shared_ptr<const SignatureRules> rules_ = std::make_shared<const SignatureRules>();
  std::vector<Slot> slots_;  ///< by hash, none before the first command
  Slot unkept_;
};

}  // namespace foreshock

#pragma once

#include <cstddef>
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
  const Signature& name(const Argv& argv, std::string_view filename);

 private:
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::size_t kMaxBytes = 256;

  struct Slot {
    std::string words;
    std::string filename;
    Signature signature;  ///< its text is empty: the slot has none yet
  };

  std::shared_ptr<const SignatureRules> rules_ = std::make_shared<const SignatureRules>();
  std::vector<Slot> slots_;  ///< by hash, none before the first command
  Signature unkept_;
};

}  // namespace foreshock

#pragma once

#include <cstddef>
#include <string>

namespace foreshock {

/// A person's word on how commands are named. Commands that it applies to have this name in place
/// of the signature that they would have: several signatures become one, or one becomes several by
/// what their command lines say.
struct SignatureRule {
  std::string signature;  ///< text glob on the normalised signature; empty: any
  std::string command;    ///< text glob on the redacted words with a space between; empty: any
  std::string name;
  bool operator==(const SignatureRule&) const = default;
};

inline constexpr std::size_t kMaxSignatureRules = 256;

}  // namespace foreshock

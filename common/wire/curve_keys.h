#pragma once

#include <string>

#include "common/base/result.h"

namespace foreshock {

/// A CURVE key pair, both halves Z85 text of 40 characters.
struct CurveKeyPair {
  std::string public_key;
  std::string secret_key;
};

Result<CurveKeyPair> make_curve_key_pair();
/// The public half that belongs to a secret key.
Result<std::string> public_key_of(const std::string& secret_key);
bool is_curve_key(const std::string& text);

/// A key file holds one line, the secret key; it must not be readable by group or others.
Result<CurveKeyPair> read_key_file(const std::string& path);
/// Makes the file (mode 0600) unless it exists: then `conflict`.
Result<CurveKeyPair> create_key_file(const std::string& path);

}  // namespace foreshock

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace foreshock {

/// The normalised form of a command line: what learning keys on. "pg_dump -Fc <db>".
struct Signature {
  std::string text;       ///< at most kMaxSignatureBytes
  std::string base_name;  ///< of the executable that runs: "pg_dump", "python3"
  bool operator==(const Signature&) const = default;
};

inline constexpr std::size_t kMaxSignatureBytes = 200;

/// Interpreter- and wrapper-aware: `python3 /opt/x/train.py --epochs 12` → `python3 train.py --epochs <n>`.
/// Numbers, ids, paths, hashes, dates and redacted values are masked; the sub-command, script or flag names stay.
/// `words` is argv; `filename` the executed file (used when argv is empty). Pure, total: any bytes give a signature.
Signature normalise(const std::vector<std::string_view>& words, std::string_view filename);

}  // namespace foreshock

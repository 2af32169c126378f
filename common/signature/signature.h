#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace foreshock {

/// The normalised form of a command line: what learning keys on. "pg_dump -Fc shop".
struct Signature {
  /// The command meant: what `sudo`, `nice`, `timeout 5` or `bash -c` runs, without them. So the
  /// exec of sudo and the exec of the command behind it have the same text. Printable ASCII and
  /// "…", at most kMaxSignatureBytes, never empty.
  std::string text;
  /// Of the file this very execve ran, as the kernel knows it: "sudo", "python3", "backup.sh". It
  /// is what watch lists compare. Bytes other than printable ASCII become '?' (and such a name
  /// cannot be watched).
  std::string base_name;
  bool operator==(const Signature&) const = default;
};

inline constexpr std::size_t kMaxSignatureBytes = 200;
inline constexpr std::size_t kMaxSignatureWords = 12;  ///< then "…"

/// Interpreter- and wrapper-aware: `sudo python3 -u /opt/x/train.py --epochs 12` → `python3
/// train.py --epochs <n>`.
///
/// Names of programs, scripts, sub-commands and flags stay. Masked are numbers `<n>`, dates and
/// times `<date>`, ids and hashes `<id>`, addresses and names of hosts `<host>`, paths `<path>`,
/// URLs
/// `<url>`, temporary names `<tmp>`, redacted values `<secret>`,
/// code of `-c` and `-e`
/// `<code>`, and long or odd words `<word>`; equal masks in a row are one with "…" behind it.
/// `words` is argv; `filename` the executed file (stands for argv[0] where argv is empty). Pure,
/// total: any bytes give a signature, the same ones the same. About a microsecond for a short
/// command line.
Signature normalise(const std::vector<std::string_view>& words, std::string_view filename);

/// One thing that normalising did: "wrapper sudo" → "pg_dump -Fc shop", "word 10.0.0.1" → "<host>".
struct SignatureStep {
  std::string what;
  std::string result;
  bool operator==(const SignatureStep&) const = default;
};

struct SignatureExplanation {
  Signature signature;
  std::vector<SignatureStep> steps;
};

/// The same signature with every step that led to it, for people.
SignatureExplanation explain_signature(const std::vector<std::string_view>& words,
                                       std::string_view filename);

/// The words of a command line as a person types it: quotes and backslashes as a shell takes them.
std::vector<std::string> split_command_line(std::string_view line);

}  // namespace foreshock

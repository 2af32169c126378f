#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace foreshock {

/// One table of a TOML document with typed look-ups. Every key that is looked up is marked as
/// known; finish() refuses the rest. The first failure is kept, later look-ups return their
/// defaults, so a reader is a plain list of assignments followed by one finish().
///
/// Errors read "agent.toml:12:5: capture.drain_interval: expected a duration such as \"20ms\"".
class TomlTable {
 public:
  bool has(const std::string& key) const;
  std::string text(const std::string& key, std::string otherwise);
  std::vector<std::string> texts(const std::string& key, std::vector<std::string> otherwise);
  bool boolean(const std::string& key, bool otherwise);
  std::int64_t integer(const std::string& key, std::int64_t otherwise, std::int64_t least,
                       std::int64_t most);
  double number(const std::string& key, double otherwise, double least, double most);
  /// "20ms", "10s", "5min", "2h", "7d".
  std::chrono::nanoseconds duration(const std::string& key, std::chrono::nanoseconds otherwise);
  /// "64KiB", "512MiB", "2GiB", or a plain number of bytes.
  Bytes bytes(const std::string& key, Bytes otherwise);
  /// A required text; its absence is the failure.
  std::string required_text(const std::string& key);
  /// One of the words given.
  std::string choice(const std::string& key, const std::string& otherwise,
                     const std::vector<std::string>& words);

  /// A sub-table; an empty one when it is absent.
  TomlTable table(const std::string& key);
  /// An array of tables ([[key]]); empty when absent.
  std::vector<TomlTable> tables(const std::string& key);

  /// Records a failure of the caller's own checks at the key's line and column.
  void fail(const std::string& key, const std::string& what);

  struct State;
  explicit TomlTable(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

class TomlDocument {
 public:
  /// The file, then every "<path>.d/*.toml" in order of name, whose keys replace the file's.
  static Result<TomlDocument> read(const std::string& path);
  static Result<TomlDocument> parse(const std::string& text, const std::string& name);

  TomlTable root();
  /// Every value by its dotted key ("sample.interval", "adjust[0].cgroup"), as TOML.
  std::map<std::string, std::string> values() const;
  /// The first failure of any look-up, or the first key nobody looked up ("unknown key"), or
  /// success.
  Result<void> finish();

 private:
  explicit TomlDocument(std::shared_ptr<TomlTable::State> root);
  std::shared_ptr<TomlTable::State> root_;
};

/// Keys whose values differ, or that only one of the two has; in order.
std::vector<std::string> changed_keys(const std::map<std::string, std::string>& before,
                                      const std::map<std::string, std::string>& after);

/// "1500m" or "1.5" (cores) → thousandths of a core.
Result<std::uint64_t> parse_millicores(const std::string& text);
Result<std::chrono::nanoseconds> parse_duration(const std::string& text);
Result<Bytes> parse_bytes(const std::string& text);

}  // namespace foreshock

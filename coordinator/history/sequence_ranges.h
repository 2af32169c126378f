#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace foreshock::coordinator {

/// A set of sequence numbers, kept as ranges: small however many numbers are in it, as they come
/// nearly in order.
class SequenceRanges {
 public:
  /// An agent's spool leaves a gap only where it dropped batches (and counted them). Beyond this
  /// many ranges the lowest gap counts as received, so that gaps which will never be filled cost no
  /// more memory.
  static constexpr std::size_t kMaxRanges = 1000;

  /// False: was in the set already.
  bool insert(std::uint64_t sequence);
  bool contains(std::uint64_t sequence) const;

  /// "1-500,502-600".
  std::string to_text() const;
  /// Nothing unless the text is what to_text() gives.
  static std::optional<SequenceRanges> parse(std::string_view text);

  bool operator==(const SequenceRanges&) const = default;

 private:
  void close_lowest_gap();

  std::map<std::uint64_t, std::uint64_t> ranges_;  // first → last, neither overlapping nor touching
};

}  // namespace foreshock::coordinator

#include "coordinator/history/sequence_ranges.h"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace foreshock::coordinator {

bool SequenceRanges::contains(std::uint64_t sequence) const {
  const auto after = ranges_.upper_bound(sequence);
  return after != ranges_.begin() && std::prev(after)->second >= sequence;
}

bool SequenceRanges::insert(std::uint64_t sequence) {
  if (contains(sequence)) return false;
  const auto after = ranges_.upper_bound(sequence);
  const bool joins_after = after != ranges_.end() && after->first == sequence + 1;
  const std::uint64_t last = joins_after ? after->second : sequence;
  const bool joins_before = after != ranges_.begin() && std::prev(after)->second + 1 == sequence;
  if (joins_before) {
    std::prev(after)->second = last;
  } else {
    ranges_.emplace(sequence, last);
  }
  if (joins_after) ranges_.erase(after);
  if (ranges_.size() > kMaxRanges) close_lowest_gap();
  return true;
}

void SequenceRanges::close_lowest_gap() {
  const auto second = std::next(ranges_.begin());
  ranges_.begin()->second = second->second;
  ranges_.erase(second);
}

std::string SequenceRanges::to_text() const {
  std::string text;
  for (const auto& [first, last] : ranges_) {
    fmt::format_to(std::back_inserter(text), "{}{}-{}", text.empty() ? "" : ",", first, last);
  }
  return text;
}

namespace {

/// Takes a number and the character `end` after it off the front of `text`; the text may end
/// instead of a comma.
std::optional<std::uint64_t> take_number(std::string_view& text, char end) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (text.empty()) return end == ',' ? std::optional(number) : std::nullopt;
  if (text.front() != end) return std::nullopt;
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<SequenceRanges> SequenceRanges::parse(std::string_view text) {
  SequenceRanges result;
  while (!text.empty()) {
    const auto first = take_number(text, '-');
    const auto last = first ? take_number(text, ',') : std::nullopt;
    if (!last || *last < *first) return std::nullopt;
    if (!result.ranges_.empty()) {
      const std::uint64_t previous = result.ranges_.rbegin()->second;
      if (*first <= previous || *first - previous < 2) return std::nullopt;
    }
    result.ranges_.emplace(*first, *last);
  }
  if (result.ranges_.size() > kMaxRanges) return std::nullopt;
  return result;
}

}  // namespace foreshock::coordinator

#include "coordinator/registry/member_shares_text.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostLines = 1000;

void append_shares(std::string& text, const std::vector<double>& shares) {
  for (const double share : shares) text += fmt::format(" {}", share);
  text += '\n';
}

/// The first word, taken off the rest.
std::string_view take_word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return word;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view word) {
  Number number{};
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (problem != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::optional<std::vector<double>> parse_shares(std::string_view rest) {
  std::vector<double> shares;
  while (!rest.empty()) {
    const auto share = parse_number<double>(take_word(rest));
    if (!share || !std::isfinite(*share) || *share < 0 || *share > 1 + 1e-6) return std::nullopt;
    shares.push_back(*share);
  }
  return shares;
}

/// Reads line by line; false: not understood.
class Reader {
 public:
  bool take(std::string_view line) {
    const auto word = take_word(line);
    if (word == "member") {
      made.members.emplace_back(line);
    } else if (word == "distribution") {
      made.distributions.emplace_back(line);
    } else if (word == "point") {
      const auto end = parse_number<std::size_t>(take_word(line));
      const auto shares = parse_shares(line);
      if (!end || !shares || shares->size() != made.members.size()) return false;
      made.point_ranges.push_back(*end);
      made.point_shares.push_back(*shares);
    } else if (word == "level") {
      const auto end = parse_number<std::size_t>(line);
      if (!end || levels_due_ > 0) return false;
      made.level_ranges.push_back(*end);
      made.level_shares.emplace_back();
      levels_due_ = kQuantileLevels.size();
    } else if (word == "at") {
      const auto shares = parse_shares(line);
      if (levels_due_ == 0 || !shares || shares->size() != made.distributions.size()) return false;
      made.level_shares.back()[kQuantileLevels.size() - levels_due_--] = *shares;
    } else {
      return false;
    }
    return true;
  }
  bool is_complete() const {
    return levels_due_ == 0 && !made.point_ranges.empty() && !made.level_ranges.empty();
  }

  MemberShares made;

 private:
  std::size_t levels_due_ = 0;
};

}  // namespace

std::string format_member_shares(const MemberShares& shares) {
  std::string text;
  for (const auto& member : shares.members) text += fmt::format("member {}\n", member);
  for (std::size_t range = 0; range < shares.point_ranges.size(); ++range) {
    text += fmt::format("point {}", shares.point_ranges[range]);
    append_shares(text, shares.point_shares[range]);
  }
  for (const auto& name : shares.distributions) text += fmt::format("distribution {}\n", name);
  for (std::size_t range = 0; range < shares.level_ranges.size(); ++range) {
    text += fmt::format("level {}\n", shares.level_ranges[range]);
    for (const auto& level : shares.level_shares[range]) {
      text += "at";
      append_shares(text, level);
    }
  }
  return text;
}

Result<MemberShares> parse_member_shares(std::string_view text) {
  Reader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    if (number > kMostLines || !reader.take(text.substr(0, end)))
      return Error(ErrorCode::corrupt,
                   fmt::format("shares of members, line {}: not understood", number));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  if (!reader.is_complete())
    return Error(ErrorCode::corrupt, "shares of members: the end is missing");
  return std::move(reader.made);
}

}  // namespace foreshock::coordinator

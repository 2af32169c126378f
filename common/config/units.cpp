#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "common/config/toml_document.h"

namespace foreshock {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// Three decimals are exact in every unit without leaving 64 bits on the way.
constexpr std::size_t kMaxDecimals = 3;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char digit : digits) {
    if (__builtin_mul_overflow(value, 10u, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(digit - '0'), &value)) {
      return std::nullopt;
    }
  }
  return value;
}

/// A decimal number cut off the front of a text.
struct Amount {
  std::string_view whole;
  std::string_view decimals;
};

std::optional<Amount> take_amount(std::string_view& text) {
  Amount amount;
  amount.whole = text.substr(0, count_digits(text));
  if (amount.whole.empty()) return std::nullopt;
  text.remove_prefix(amount.whole.size());
  if (!text.starts_with('.')) return amount;
  text.remove_prefix(1);
  amount.decimals = text.substr(0, count_digits(text));
  if (amount.decimals.empty() || amount.decimals.size() > kMaxDecimals) return std::nullopt;
  text.remove_prefix(amount.decimals.size());
  return amount;
}

/// amount × factor, rounded down; absent when it does not fit.
std::optional<std::uint64_t> scale(const Amount& amount, std::uint64_t factor) {
  const auto whole = parse_digits(amount.whole);
  const auto decimals = parse_digits(amount.decimals);
  if (!whole || !decimals) return std::nullopt;
  std::uint64_t divisor = 1;
  for (std::size_t i = 0; i < amount.decimals.size(); ++i) divisor *= 10;
  std::uint64_t scaled_whole = 0;
  std::uint64_t scaled_decimals = 0;
  if (__builtin_mul_overflow(*whole, factor, &scaled_whole) ||
      __builtin_mul_overflow(*decimals, factor, &scaled_decimals) ||
      __builtin_add_overflow(scaled_whole, scaled_decimals / divisor, &scaled_whole)) {
    return std::nullopt;
  }
  return scaled_whole;
}

Result<std::uint64_t> parse_amount(std::string_view text, std::span<const Unit> units,
                                   std::string_view expected) {
  const Error wrong(ErrorCode::invalid_argument,
                    fmt::format("expected {}, got \"{}\"", expected, text));
  std::string_view rest = text;
  const auto amount = take_amount(rest);
  if (!amount) return wrong;
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  for (const auto& unit : units) {
    if (unit.name != rest) continue;
    if (const auto value = scale(*amount, unit.factor)) return *value;
    return Error(ErrorCode::invalid_argument, fmt::format("\"{}\" is too large", text));
  }
  return wrong;
}

}  // namespace

Result<std::uint64_t> parse_millicores(const std::string& text) {
  constexpr std::array kUnits = {Unit{"", 1000}, Unit{"m", 1}};
  return parse_amount(text, kUnits, "cores such as \"1.5\" or \"1500m\"");
}

Result<std::chrono::nanoseconds> parse_duration(const std::string& text) {
  constexpr std::array kUnits = {Unit{"ns", 1},
                                 Unit{"us", 1'000},
                                 Unit{"ms", 1'000'000},
                                 Unit{"s", 1'000'000'000},
                                 Unit{"min", 60'000'000'000},
                                 Unit{"h", 3'600'000'000'000},
                                 Unit{"d", 86'400'000'000'000}};
  FS_TRY(const auto ns,
         parse_amount(text, kUnits,
                      "a duration such as \"20ms\", \"10s\", \"5min\", \"2h\" or \"7d\""));
  if (ns > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Error(ErrorCode::invalid_argument, fmt::format("\"{}\" is too large", text));
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
}

Result<Bytes> parse_bytes(const std::string& text) {
  constexpr std::array kUnits = {Unit{"", 1},
                                 Unit{"B", 1},
                                 Unit{"KiB", std::uint64_t{1} << 10},
                                 Unit{"MiB", std::uint64_t{1} << 20},
                                 Unit{"GiB", std::uint64_t{1} << 30},
                                 Unit{"TiB", std::uint64_t{1} << 40}};
  FS_TRY(const auto count,
         parse_amount(text, kUnits, "an amount such as \"64KiB\", \"512MiB\" or \"2GiB\""));
  return Bytes{count};
}

}  // namespace foreshock

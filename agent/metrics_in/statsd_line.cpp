#include "agent/metrics_in/statsd_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace foreshock::agent {

namespace {

constexpr std::size_t kMaxTags = 32;
constexpr std::size_t kMaxValues = 1024;

/// Takes the part up to the separator off the front.
std::string_view take_until(std::string_view& text, char separator) {
  const auto part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

bool parse_type(std::string_view word, StatsdType& type) {
  if (word == "c")
    type = StatsdType::counter;
  else if (word == "g")
    type = StatsdType::gauge;
  else if (word == "ms" || word == "h" || word == "d")
    type = StatsdType::timing;
  else if (word == "s")
    type = StatsdType::set;
  else
    return false;
  return true;
}

bool parse_tags(std::string_view text, StatsdLine& line) {
  while (!text.empty()) {
    const auto tag = take_until(text, ',');
    if (tag.empty()) continue;
    if (line.tags.size() >= kMaxTags) return false;
    const auto colon = tag.find(':');
    line.tags.emplace_back(tag.substr(0, colon), colon == std::string_view::npos
                                                     ? std::string_view()
                                                     : tag.substr(colon + 1));
  }
  return true;
}

/// "@0.1", "#tags", and what we have no use for: "c:container", "T1700000000".
bool parse_extra(std::string_view part, StatsdLine& line) {
  if (part.starts_with('@')) {
    const auto rate = parse_metric_number(part.substr(1));
    if (!rate || *rate <= 0 || *rate > 1) return false;
    line.rate = *rate;
    return true;
  }
  if (part.starts_with('#')) return parse_tags(part.substr(1), line);
  return true;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && c != '|' && c != '@';
  });
}

}  // namespace

std::optional<double> parse_metric_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<StatsdLine> parse_statsd_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  if (text.starts_with("_e{") || text.starts_with("_sc|")) return std::nullopt;
  StatsdLine line;
  line.name = take_until(text, ':');
  if (!is_plain_name(line.name)) return std::nullopt;
  auto values = take_until(text, '|');
  if (!parse_type(take_until(text, '|'), line.type)) return std::nullopt;
  while (!text.empty()) {
    if (!parse_extra(take_until(text, '|'), line)) return std::nullopt;
  }
  if (values.empty()) return std::nullopt;
  const bool is_change =
      line.type == StatsdType::gauge && (values.front() == '+' || values.front() == '-');
  if (is_change) line.type = StatsdType::gauge_change;
  while (!values.empty()) {
    const auto value = take_until(values, ':');
    const bool sound =
        line.type == StatsdType::set ? !value.empty() : parse_metric_number(value).has_value();
    if (!sound || line.values.size() >= kMaxValues) return std::nullopt;
    line.values.push_back(value);
  }
  return line;
}

}  // namespace foreshock::agent

#include "agent/metrics_in/exposition_text.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace foreshock::agent {

namespace {

constexpr std::size_t kMaxLabels = 64;

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '.';
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

std::string_view take_name(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_name_byte);
  const auto name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(name.size());
  return name;
}

std::string_view take_word(std::string_view& text) {
  skip_blanks(text);
  const auto word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

/// After the opening quote; \\ \" and \n are escaped. nullopt: no closing quote.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      value += text[i] == 'n' ? '\n' : text[i];
    } else {
      value += text[i];
    }
  }
  return std::nullopt;
}

/// After the opening brace, up to and with the closing one.
bool take_labels(std::string_view& text, Exposition::Sample& sample) {
  while (true) {
    skip_blanks(text);
    if (text.starts_with('}')) {
      text.remove_prefix(1);
      return true;
    }
    const auto name = take_name(text);
    skip_blanks(text);
    if (name.empty() || !text.starts_with('=')) return false;
    text.remove_prefix(1);
    skip_blanks(text);
    if (!text.starts_with('"')) return false;
    text.remove_prefix(1);
    auto value = take_quoted(text);
    if (!value || sample.labels.size() >= kMaxLabels) return false;
    sample.labels.emplace_back(std::string(name), *std::move(value));
    skip_blanks(text);
    if (text.starts_with(',')) text.remove_prefix(1);
  }
}

std::optional<double> parse_value(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  if (word == "Inf" || word == "inf") return std::numeric_limits<double>::infinity();
  if (word == "-Inf" || word == "-inf") return -std::numeric_limits<double>::infinity();
  if (word == "NaN" || word == "nan") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<Exposition::Sample> parse_sample(std::string_view line) {
  Exposition::Sample sample;
  sample.name = take_name(line);
  if (sample.name.empty()) return std::nullopt;
  skip_blanks(line);
  if (line.starts_with('{')) {
    line.remove_prefix(1);
    if (!take_labels(line, sample)) return std::nullopt;
  }
  const auto value = parse_value(take_word(line));
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

/// "# TYPE name kind"; other comments say nothing to us.
void read_comment(std::string_view line, Exposition& exposition) {
  line.remove_prefix(1);
  if (take_word(line) != "TYPE") return;
  const auto name = take_word(line);
  const auto kind = take_word(line);
  if (!name.empty() && !kind.empty()) exposition.types[std::string(name)] = kind;
}

}  // namespace

Exposition parse_exposition(std::string_view text, std::size_t most) {
  Exposition exposition;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty()) continue;
    if (line.front() == '#') {
      if (exposition.types.size() < most) read_comment(line, exposition);
      continue;
    }
    auto sample = parse_sample(line);
    if (!sample) {
      ++exposition.not_understood;
    } else if (exposition.samples.size() < most) {
      exposition.samples.push_back(*std::move(sample));
    } else {
      exposition.cut = true;
    }
  }
  return exposition;
}

}  // namespace foreshock::agent

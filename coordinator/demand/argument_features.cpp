#include "coordinator/demand/argument_features.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxNumbers = 8;
constexpr std::size_t kMaxWords = 24;
constexpr std::size_t kMaxWordBytes = 32;

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || text.empty() || !std::isfinite(number)) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty()) return number;
  constexpr std::string_view kUnits = "kmgt";
  const auto power = kUnits.find(static_cast<char>(unit.front() | 0x20));
  if (power == std::string_view::npos || unit.size() > 3) return std::nullopt;
  return number * std::pow(1024.0, static_cast<double>(power + 1));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

double log_of(std::optional<std::uint64_t> value) {
  return value ? std::log2(1 + static_cast<double>(*value))
               : std::numeric_limits<double>::quiet_NaN();
}

double hour_of(WallTime time) {
  const auto day = time.time_since_epoch() % std::chrono::hours(24);
  return std::chrono::duration<double, std::ratio<3600>>(day).count();
}

void append_binary_names(std::vector<std::string>& names) {
  names.insert(names.end(), {"binary size", "code size", "cycles an instruction", "complexity",
                             "imports", "libraries"});
  for (std::size_t i = 0; i < kOpcodeKinds; ++i)
    names.push_back("share of " + std::string(to_string(static_cast<OpcodeKind>(i))));
}

/// In the order of their names.
void append_binary(const std::optional<BinaryTraits>& binary, std::vector<double>& values) {
  if (!binary) {
    values.insert(values.end(), 6 + kOpcodeKinds, std::numeric_limits<double>::quiet_NaN());
    return;
  }
  values.insert(values.end(), {log_of(binary->file.count), log_of(binary->text.count),
                               double{binary->cycles}, double{binary->complexity},
                               log_of(binary->imports), static_cast<double>(binary->libraries)});
  values.insert(values.end(), binary->mix.begin(), binary->mix.end());
}

bool has_several_binaries(std::span<const DemandRecord> records) {
  const auto first = std::ranges::find_if(
      records, [](const DemandRecord& record) { return record.question.binary.has_value(); });
  return std::any_of(first, records.end(), [&](const DemandRecord& record) {
    return record.question.binary && record.question.binary != first->question.binary;
  });
}

/// The most frequent of those that do not appear in all records alike.
std::vector<std::string> most_telling(const std::map<std::string, std::size_t>& counts,
                                      std::size_t records, std::size_t most) {
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const auto& [word, count] : counts) {
    if (count >= 3 && count < records) ranked.emplace_back(std::min(count, records - count), word);
  }
  std::ranges::sort(ranked, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::string> words;
  for (std::size_t i = 0; i < std::min(ranked.size(), most); ++i) words.push_back(ranked[i].second);
  return words;
}

}  // namespace

std::map<std::string, double> numeric_options(const std::vector<std::string>& argv) {
  std::map<std::string, double> numbers;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view word = argv[i];
    if (const auto equals = word.find('='); equals != std::string_view::npos && equals > 0) {
      if (const auto number = parse_number(word.substr(equals + 1)))
        numbers.emplace(word.substr(0, equals), *number);
    } else if (word.starts_with('-') && word.size() > 1) {
      const auto digit = std::ranges::find_if(word, is_digit);
      const auto at = static_cast<std::size_t>(digit - word.begin());
      const auto number =
          at <= 3 && !word.starts_with("--") ? parse_number(word.substr(at)) : std::nullopt;
      if (number) {
        numbers.emplace(word.substr(0, at), *number);
      } else if (i + 1 < argv.size()) {
        if (const auto next = parse_number(argv[i + 1])) numbers.emplace(word, *next);
      }
    }
  }
  return numbers;
}

std::vector<std::string> telling_words(const std::vector<std::string>& argv) {
  std::vector<std::string> words;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    std::string_view word = argv[i];
    if (word.size() > 1 && word.starts_with('-')) {
      words.emplace_back(word.substr(0, std::min(word.find('='), kMaxWordBytes)));
      continue;
    }
    const auto slash = word.rfind('/');
    if (slash != std::string_view::npos) word.remove_prefix(slash + 1);
    const auto dot = word.rfind('.');
    if (dot != std::string_view::npos && word.size() - dot <= 8) {
      words.emplace_back(word.substr(dot));
    } else if (word.size() <= kMaxWordBytes && slash == std::string_view::npos) {
      words.emplace_back(word);
    }
  }
  return words;
}

ArgumentFeatures ArgumentFeatures::learn(std::span<const DemandRecord> records) {
  std::map<std::string, std::size_t> numbers;
  std::map<std::string, std::size_t> words;
  for (const auto& record : records) {
    for (const auto& [name, value] : numeric_options(record.question.argv)) ++numbers[name];
    auto telling = telling_words(record.question.argv);
    std::ranges::sort(telling);
    telling.erase(std::unique(telling.begin(), telling.end()), telling.end());
    for (const auto& word : telling) ++words[word];
  }
  ArgumentFeatures features;
  // An option that every record has may still vary in its number.
  features.numbers_ = most_telling(numbers, records.size() * 2 + 1, kMaxNumbers);
  features.words_ = most_telling(words, records.size(), kMaxWords);
  features.names_ = {"input bytes",    "largest input", "input files", "words",
                     "argument bytes", "hour",          "user",        "concurrency"};
  features.has_binaries_ = has_several_binaries(records);
  if (features.has_binaries_) append_binary_names(features.names_);
  for (const auto& name : features.numbers_) features.names_.push_back("number of " + name);
  for (const auto& word : features.words_) features.names_.push_back("word " + word);
  return features;
}

std::vector<double> ArgumentFeatures::values(const DemandQuestion& question) const {
  std::vector<double> values;
  values.reserve(names_.size());
  values.push_back(log_of(question.input_bytes));
  values.push_back(log_of(question.largest_input_bytes));
  values.push_back(question.input_files ? *question.input_files
                                        : std::numeric_limits<double>::quiet_NaN());
  values.push_back(static_cast<double>(question.argv.size()));
  std::size_t bytes = 0;
  for (const auto& word : question.argv) bytes += word.size();
  values.push_back(std::log2(1 + static_cast<double>(bytes)));
  values.push_back(hour_of(question.time));
  values.push_back(question.uid);
  values.push_back(question.concurrency);
  if (has_binaries_) append_binary(question.binary, values);
  const auto numbers = numeric_options(question.argv);
  for (const auto& name : numbers_) {
    const auto found = numbers.find(name);
    values.push_back(found == numbers.end() ? std::numeric_limits<double>::quiet_NaN()
                                            : found->second);
  }
  const auto telling = telling_words(question.argv);
  for (const auto& word : words_)
    values.push_back(std::ranges::find(telling, word) != telling.end() ? 1 : 0);
  return values;
}

}  // namespace foreshock::coordinator

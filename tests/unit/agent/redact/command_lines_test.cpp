// How often the redactor errs on command lines of real tools: secrets it misses, innocent text it
// removes.
//
// The command lines are in tests/data/redaction; the form is explained there.

#include <algorithm>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "agent/redact/redactor.h"

namespace foreshock::agent {
namespace {

/// Rows of a file, without comments; `\n` becomes a line feed.
std::vector<std::string> read_rows(const std::string& name) {
  std::ifstream file(std::string(REDACTION_DATA) + "/" + name);
  std::vector<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with("# ")) continue;
    for (auto at = line.find("\\n"); at != std::string::npos; at = line.find("\\n", at))
      line.replace(at, 2, "\n");
    rows.push_back(line);
  }
  return rows;
}

/// Splits a row into words; with `take_marks` the {{ and }} go and what is between them stays or is
/// replaced.
std::vector<std::string> words_of(std::string_view row, std::string_view replacement = "") {
  std::vector<std::string> words(1);
  bool together = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto rest = row.substr(i);
    if (rest.starts_with("{{")) {
      const auto secret = rest.substr(2, rest.find("}}") - 2);
      // A backquoted word can be a secret as a whole.
      const bool whole = secret.starts_with('`');
      words.back() += !replacement.empty() ? replacement
                      : whole              ? secret.substr(1, secret.size() - 2)
                                           : secret;
      // Spaces of a secret belong to its word.
      i += secret.size() + 3;
    } else if (row[i] == '`') {
      together = !together;
    } else if (row[i] == ' ' && !together) {
      words.emplace_back();
    } else {
      words.back() += row[i];
    }
  }
  return words;
}

std::string show(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) line += "[" + word + "]";
  return line;
}

Redactor make_redactor() {
  return *Redactor::make({});
}

double percent(std::size_t part, std::size_t all) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

TEST(RedactionErrors, secrets_missed_on_real_command_lines_stay_below_two_percent) {
  const auto redactor = make_redactor();
  const auto rows = read_rows("with_secrets.txt");
  std::size_t missed = 0;
  for (const auto& row : rows) {
    const auto got = redactor.redact_words(words_of(row));
    if (got == words_of(row, kRedacted)) continue;
    ++missed;
    std::cout << "missed: " << show(words_of(row)) << "\n   got: " << show(got) << "\n";
  }
  const auto rate = percent(missed, rows.size());
  std::cout << "secrets not removed exactly: " << missed << " of " << rows.size() << " lines, "
            << rate << " %\n";
  RecordProperty("missed_percent", std::to_string(rate));
  EXPECT_LT(rate, 2.0);
  EXPECT_GE(rows.size(), 250U);
}

TEST(RedactionErrors, innocent_lines_touched_stay_below_two_percent) {
  const auto redactor = make_redactor();
  const auto rows = read_rows("without_secrets.txt");
  std::size_t touched = 0;
  for (const auto& row : rows) {
    const auto words = words_of(row);
    const auto got = redactor.redact_words(words);
    if (got == words) continue;
    ++touched;
    std::cout << "touched: " << show(words) << "\n    got: " << show(got) << "\n";
  }
  const auto rate = percent(touched, rows.size());
  std::cout << "innocent lines touched: " << touched << " of " << rows.size() << " lines, " << rate
            << " %\n";
  RecordProperty("touched_percent", std::to_string(rate));
  EXPECT_LT(rate, 2.0);
  EXPECT_GE(rows.size(), 250U);
}

TEST(RedactionErrors, redacting_twice_changes_nothing) {
  const auto redactor = make_redactor();
  for (const auto& row : read_rows("with_secrets.txt")) {
    const auto once = redactor.redact_words(words_of(row));
    EXPECT_EQ(show(redactor.redact_words(once)), show(once));
  }
}

}  // namespace
}  // namespace foreshock::agent

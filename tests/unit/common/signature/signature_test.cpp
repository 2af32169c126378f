#include "common/signature/signature.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock {
namespace {

/// A command line, its words separated by spaces; backquotes hold a word with spaces together.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words(1);
  bool together = false;
  for (const char c : line) {
    if (c == '`') {
      together = !together;
    } else if (c == ' ' && !together) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

Signature signature_of(const std::vector<std::string>& words, std::string_view filename = "") {
  return normalise({words.begin(), words.end()}, filename);
}

std::string text_of(std::string_view line) {
  return signature_of(words_of(line)).text;
}

/// tests/data/signatures/labelled.tsv: a command line as it is typed, a tab, its signature.
std::vector<std::pair<std::string, std::string>> read_labelled() {
  std::ifstream file(LABELLED_COMMAND_LINES);
  std::vector<std::pair<std::string, std::string>> rows;
  for (std::string row; std::getline(file, row);) {
    const auto tab = row.find('\t');
    rows.emplace_back(row.substr(0, tab), row.substr(tab + 1));
  }
  return rows;
}

TEST(Signature, gives_labelled_command_lines_their_text) {
  const auto rows = read_labelled();
  EXPECT_GE(rows.size(), 400U);
  for (const auto& [line, text] : rows)
    EXPECT_EQ(signature_of(split_command_line(line)).text, text) << line;
}

TEST(Signature, is_explained_by_steps_that_lead_to_the_same_text) {
  for (const auto& [line, text] : read_labelled()) {
    const auto words = split_command_line(line);
    EXPECT_EQ(explain_signature({words.begin(), words.end()}, "").signature.text, text) << line;
  }
  const auto words = split_command_line("sudo nice pg_dump -h 10.0.0.1");
  const auto steps = explain_signature({words.begin(), words.end()}, "").steps;
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0], (SignatureStep{"wrapper sudo", "nice pg_dump -h 10.0.0.1"}));
  EXPECT_EQ(steps[1], (SignatureStep{"wrapper nice", "pg_dump -h 10.0.0.1"}));
  EXPECT_EQ(steps[2], (SignatureStep{"word 10.0.0.1", "<host>"}));
}

TEST(Signature, gives_odd_bytes_a_word) {
  EXPECT_EQ(text_of("app \xff\xfe caf\xc3\xa9"), "app <word>…");
  EXPECT_EQ(text_of("app `a\nb` \x01"), "app <word>…");
}

TEST(Signature, is_the_same_however_the_program_is_called) {
  for (const auto* line : {"bash -x a.sh", "-bash -x a.sh", "/bin/bash -x a.sh"})
    EXPECT_EQ(text_of(line), "bash a.sh") << line;
  for (const auto* line : {"ls /x", "/usr/bin/ls /x", "busybox ls /x", "./ls /x"})
    EXPECT_EQ(text_of(line), "ls <path>") << line;
  for (const auto* line :
       {"python3 t.py 5", "/usr/bin/python3.11 t.py 7", "python3.9 -u /x/t.py 1"})
    EXPECT_EQ(text_of(line), "python3 t.py <n>") << line;
}

TEST(Signature, names_the_file_that_is_executed_even_behind_a_wrapper) {
  const auto sudo = signature_of(words_of("sudo pg_dump shop"), "/usr/bin/sudo");
  const auto behind = signature_of(words_of("pg_dump shop"), "/usr/lib/postgresql/15/bin/pg_dump");
  EXPECT_EQ(sudo.base_name, "sudo");
  EXPECT_EQ(behind.base_name, "pg_dump");
  EXPECT_EQ(sudo.text, behind.text);
}

TEST(Signature, names_a_script_by_its_file_as_the_kernel_does) {
  const auto script = signature_of(words_of("/bin/bash /opt/backup.sh all"), "/opt/backup.sh");
  EXPECT_EQ(script.base_name, "backup.sh");
  EXPECT_EQ(script.text, "bash backup.sh all");
}

TEST(Signature, uses_the_filename_without_argv_and_argv_without_a_filename) {
  EXPECT_EQ(signature_of({}, "/usr/bin/true"), (Signature{"true", "true"}));
  EXPECT_EQ(signature_of({"/usr/bin/true"}), (Signature{"true", "true"}));
  EXPECT_EQ(signature_of({""}, "/usr/bin/true"), (Signature{"true", "true"}));
}

TEST(Signature, gives_nothing_a_name_too) {
  EXPECT_EQ(signature_of({}).text, "<word>");
  EXPECT_EQ(signature_of({""}).text, "<word>");
  EXPECT_EQ(signature_of({"/"}).base_name, "/");
}

TEST(Signature, ends_after_twelve_words) {
  EXPECT_EQ(text_of("app a b c d e f g h i j k l m n"), "app a b c d e f g h i j k …");
  EXPECT_EQ(text_of("app a b c d e f g h i j k"), "app a b c d e f g h i j k");
}

TEST(Signature, stays_within_its_bytes) {
  std::vector<std::string> words = {"app"};
  for (char c = 'a'; c < 'z'; ++c) words.push_back("--" + std::string(35, c));
  const auto text = signature_of(words).text;
  EXPECT_LE(text.size(), kMaxSignatureBytes);
  EXPECT_TRUE(text.ends_with(" …"));
}

TEST(Signature, is_the_same_for_what_differs_only_in_its_values) {
  EXPECT_EQ(text_of("train.py --epochs 12 --out /a/1"), text_of("train.py --epochs 99 --out /b/2"));
  EXPECT_EQ(text_of("backup --day 2024-01-02 shop"), text_of("backup --day 2025-11-30 shop"));
  EXPECT_NE(text_of("git fetch origin"), text_of("git push origin"));
  EXPECT_NE(text_of("make -j8 all"), text_of("make -j8 clean"));
}

bool is_clean(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("…")) {
      i += 2;
    } else if (text[i] < ' ' || text[i] > '~') {
      return false;
    }
  }
  return true;
}

TEST(Signature, takes_any_bytes) {
  std::uint64_t state = 7;
  const auto draw = [&state](std::uint64_t below) {  // the same bytes on every machine
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % below;
  };
  constexpr std::string_view kPieces[] = {
      "sudo",     "-c",  "sh", "'", "\"",  "&&", "=", "--", "<redacted>", "\xff", "2024-",
      "7f3e9c1a", "://", "/",  "…", "env", "-",  " ", "\\", "java",       "-jar", "perl"};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::string> words(draw(6));
    for (auto& word : words) {
      for (auto pieces = draw(5); pieces > 0; --pieces) word += kPieces[draw(std::size(kPieces))];
    }
    const auto one = signature_of(words, "/bin/x");
    ASSERT_FALSE(one.text.empty());
    ASSERT_LE(one.text.size(), kMaxSignatureBytes);
    ASSERT_TRUE(is_clean(one.text)) << one.text;
    ASSERT_EQ(signature_of(words, "/bin/x"), one);
  }
}

}  // namespace
}  // namespace foreshock

// The rules, held against this repository.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/architecture/source_rules.h"

namespace foreshock::architecture {
namespace {

namespace fs = std::filesystem;

const fs::path kTop = FORESHOCK_SOURCE_DIR;

bool is_source(const fs::path& path) {
  const auto extension = path.extension();
  return extension == ".h" || extension == ".cpp" || extension == ".c";
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Everything below our own folders; other files with their path only.
std::vector<SourceFile> read_repository() {
  std::vector<SourceFile> files;
  for (const char* folder :
       {"agent", "common", "coordinator", "schemas", "packaging", "systemd", "tests"}) {
    if (!fs::exists(kTop / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kTop / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = entry.path().lexically_relative(kTop).string();
      files.push_back(parse_source(path, is_source(path) ? read_text(entry.path()) : ""));
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

const std::vector<SourceFile>& repository() {
  static const std::vector<SourceFile> kFiles = read_repository();
  return kFiles;
}

std::string lines_of(const std::vector<std::string>& violations) {
  std::ostringstream text;
  for (const std::string& violation : violations) text << "\n  " << violation;
  return text.str();
}

void expect_none(const std::vector<std::string>& violations) {
  EXPECT_TRUE(violations.empty()) << lines_of(violations);
}

TEST(Repository, is_really_read) {
  EXPECT_GT(repository().size(), 100U);
  EXPECT_TRUE(std::ranges::any_of(repository(), [](const SourceFile& file) {
    return file.path == "common/base/result.h" && !file.includes.empty();
  }));
}

TEST(Repository, includes_point_down) {
  expect_none(check_directions(repository()));
}

TEST(Repository, needs_each_of_its_exceptions) {
  expect_none(check_exceptions(repository()));
}

TEST(Repository, keeps_each_library_at_home) {
  expect_none(check_homes(repository()));
}

TEST(Repository, has_names_that_say_something) {
  expect_none(check_path_names(repository()));
}

TEST(Repository, names_tests_as_sentences) {
  expect_none(check_test_names(repository()));
}

TEST(Repository, has_a_tidy_top_level) {
  std::vector<std::string> entries;
  for (const auto& entry : fs::directory_iterator(kTop))
    entries.push_back(entry.path().filename().string());
  expect_none(check_top_level(entries));
}

TEST(Repository, mirrors_the_source_in_its_unit_tests) {
  std::vector<std::string> violations;
  for (const SourceFile& file : repository()) {
    const fs::path path = file.path;
    if (!file.path.starts_with("tests/unit/") || path.extension() != ".cpp") continue;
    const fs::path folder = path.parent_path().lexically_relative("tests/unit");
    if (!fs::is_directory(kTop / folder))
      violations.push_back(file.path + ": there is no folder " + folder.string());
  }
  expect_none(violations);
}

}  // namespace
}  // namespace foreshock::architecture

#pragma once

#include <string>
#include <vector>

namespace foreshock::architecture {

/// One `#include` line: `target` without its delimiters.
struct Include {
  std::string target;
  bool angled = false;
};

/// A file as the rules see it; `path` is relative to the top of the repository.
struct SourceFile {
  std::string path;
  std::vector<Include> includes;
  std::vector<std::string>
      tests;  ///< "Suite.name" of every TEST and TEST_F; a TEST_P's sentence is its parameter
};

/// Pure: what a file's text says.
SourceFile parse_source(std::string path, const std::string& text);

/// Includes point down: ground < formats < values < stations < fronts < wiring; stations never
/// include each other, the two programs never include each other, and below the stations no folders
/// include each other in a circle. One sentence for each violation.
std::vector<std::string> check_directions(const std::vector<SourceFile>& files);

/// The exceptions from these rules that no file needs any more.
std::vector<std::string> check_exceptions(const std::vector<SourceFile>& files);

/// Each third-party library is included from its one home only, and by no header that another
/// folder includes.
std::vector<std::string> check_homes(const std::vector<SourceFile>& files);

/// No file or folder has a name that says nothing.
std::vector<std::string> check_path_names(const std::vector<SourceFile>& files);

/// A suite is PascalCase, a test is a sentence in snake_case.
std::vector<std::string> check_test_names(const std::vector<SourceFile>& files);

/// What may stand at the top of the repository, build trees aside.
std::vector<std::string> check_top_level(const std::vector<std::string>& entries);

}  // namespace foreshock::architecture

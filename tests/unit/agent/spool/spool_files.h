#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/spool/file_spool.h"

namespace foreshock::agent {

/// A directory of its own, gone at the end; in memory where there is such a place, for these tests
/// sync a lot.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "foreshock-spool-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) ADD_FAILURE() << "mkdtemp " << pattern;
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string path(const std::string& name = "") const {
    return name.empty() ? path_ : path_ + "/" + name;
  }

 private:
  std::string path_;
};

/// What entry `sequence` holds in these tests: recognisable, of different lengths.
inline std::string payload_of(std::uint64_t sequence) {
  return "payload " + std::to_string(sequence) + std::string(sequence % 7 * 5, 'x');
}

inline std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// All sequences that a spool still gives, each with the payload that belongs to it.
inline std::vector<std::uint64_t> sequences_in(Spool& spool) {
  std::vector<std::uint64_t> sequences;
  while (true) {
    auto entry = spool.next_after(sequences.empty() ? 0 : sequences.back());
    if (!entry) ADD_FAILURE() << entry.error().message();
    if (!entry || !*entry) return sequences;
    EXPECT_EQ(as_text((*entry)->payload), payload_of((*entry)->sequence));
    sequences.push_back((*entry)->sequence);
  }
}

inline std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> sequences;
  for (auto sequence = first; sequence <= last; ++sequence) sequences.push_back(sequence);
  return sequences;
}

}  // namespace foreshock::agent

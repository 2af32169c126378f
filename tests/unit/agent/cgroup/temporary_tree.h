#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

namespace foreshock::agent {

/// A directory that stands for a mounted hierarchy or /proc, removed at the end.
class TemporaryTree {
 public:
  TemporaryTree() {
    std::string name = (std::filesystem::temp_directory_path() / "foreshock-tree-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;
  ~TemporaryTree() { std::filesystem::remove_all(root_); }

  const std::string& root() const { return root_; }
  std::string path(const std::string& below) const { return root_ + below; }

  void make(const std::string& directory) const {
    std::filesystem::create_directories(path(directory));
  }
  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(file)).parent_path());
    std::ofstream(path(file), std::ios::trunc) << text;
  }
  std::string read(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(path(file)).rdbuf();
    return text.str();
  }
  void remove(const std::string& below) const { std::filesystem::remove_all(path(below)); }
  std::uint64_t inode(const std::string& directory) const {
    struct stat status {};
    EXPECT_EQ(::stat(path(directory).c_str(), &status), 0) << directory;
    return status.st_ino;
  }

 private:
  std::string root_;
};

}  // namespace foreshock::agent

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace foreshock::test {

/// A cgroup of the test's own with the cpu and memory controllers, v1 or v2; removed with the
/// object. Knows the files by itself, so that tests do not trust the code they test.
class CgroupFixture {
 public:
  /// What this machine lacks to make one; empty: nothing.
  static std::string what_is_missing();

  CgroupFixture();
  ~CgroupFixture();
  CgroupFixture(const CgroupFixture&) = delete;
  CgroupFixture& operator=(const CgroupFixture&) = delete;

  const std::string& path() const { return path_; }  ///< below the hierarchy's root
  std::uint64_t id() const;                          ///< inode in the workload hierarchy
  void remove();
  /// Another cgroup under the same name.
  void replace();
  void add_process(int pid) const;

  std::string cpu_limit_text() const;  ///< the kernel's file as it is; empty when it is gone
  std::uint64_t cpu_limit_millicores() const;  ///< 0: no limit
  std::uint64_t memory_limit_bytes() const;
  void set_cpu_limit(std::uint64_t millicores) const;

 private:
  void make();

  std::string path_;
  std::vector<std::string> directories_;  ///< the first is the workload hierarchy's
  std::string memory_directory_;
  bool v1_ = false;
};

}  // namespace foreshock::test

#include "tests/support/cgroup_fixture.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace foreshock::test {

namespace {

const std::string kRoot = "/sys/fs/cgroup";

bool has_v1() {
  return std::filesystem::exists(kRoot + "/cpu/cpu.cfs_quota_us") ||
         std::filesystem::exists(kRoot + "/cpu/cpu.shares");
}

bool has_v2() {
  std::ifstream file(kRoot + "/cgroup.controllers");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return text.find("cpu") != std::string::npos && text.find("memory") != std::string::npos;
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text << std::flush;
}

}  // namespace

std::string CgroupFixture::what_is_missing() {
  if (::geteuid() != 0) return "needs root to make a cgroup";
  if (!has_v1() && !has_v2()) return "needs the controllers cpu and memory in " + kRoot;
  const std::string probe = (has_v1() ? kRoot + "/cpu" : kRoot) + "/foreshock-probe";
  if (::mkdir(probe.c_str(), 0755) != 0) return "needs a writable cgroup hierarchy in " + kRoot;
  ::rmdir(probe.c_str());
  return "";
}

CgroupFixture::CgroupFixture() : v1_(has_v1()) {
  static std::atomic<int> number{0};
  path_ = "/foreshock-test-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
  make();
}

CgroupFixture::~CgroupFixture() {
  remove();
}

void CgroupFixture::make() {
  directories_.clear();
  if (v1_) {
    for (const char* controller : {"cpu", "cpuacct", "memory"}) {
      const std::string root = kRoot + "/" + controller;
      if (!std::filesystem::is_directory(root)) continue;
      directories_.push_back(root + path_);
      ::mkdir(directories_.back().c_str(), 0755);
    }
    memory_directory_ = kRoot + "/memory" + path_;
  } else {
    write(kRoot + "/cgroup.subtree_control", "+cpu +memory");
    directories_.push_back(kRoot + path_);
    ::mkdir(directories_.back().c_str(), 0755);
    memory_directory_ = directories_.front();
  }
}

void CgroupFixture::remove() {
  for (const auto& directory : directories_) {
    // Members that were killed leave a moment later.
    for (int i = 0; i < 200 && ::rmdir(directory.c_str()) != 0 && errno == EBUSY; ++i)
      ::usleep(10'000);
  }
}

void CgroupFixture::replace() {
  const auto old_id = id();
  remove();
  make();
  // Inode numbers come from a cyclic counter; the same one twice would be another cgroup all the
  // same.
  if (id() == old_id) replace();
}

std::uint64_t CgroupFixture::id() const {
  struct stat status {};
  return ::stat(directories_.front().c_str(), &status) == 0 ? status.st_ino : 0;
}

void CgroupFixture::add_process(int pid) const {
  for (const auto& directory : directories_)
    write(directory + "/cgroup.procs", std::to_string(pid));
}

std::string CgroupFixture::cpu_limit_text() const {
  return read(directories_.front() + (v1_ ? "/cpu.cfs_quota_us" : "/cpu.max"));
}

std::uint64_t CgroupFixture::cpu_limit_millicores() const {
  std::istringstream text(v1_ ? cpu_limit_text() + " " +
                                    read(directories_.front() + "/cpu.cfs_period_us")
                              : cpu_limit_text());
  std::string quota;
  std::uint64_t period = 0;
  text >> quota >> period;
  if (quota == "max" || quota.starts_with('-') || period == 0) return 0;
  return std::stoull(quota) * 1000 / period;
}

std::uint64_t CgroupFixture::memory_limit_bytes() const {
  const std::string text =
      read(memory_directory_ + (v1_ ? "/memory.limit_in_bytes" : "/memory.max"));
  return text.starts_with("max") || text.empty() ? 0 : std::stoull(text);
}

void CgroupFixture::set_cpu_limit(std::uint64_t millicores) const {
  if (v1_) {
    write(directories_.front() + "/cpu.cfs_quota_us", std::to_string(millicores * 100));
  } else {
    write(directories_.front() + "/cpu.max", std::to_string(millicores * 100) + " 100000");
  }
}

}  // namespace foreshock::test

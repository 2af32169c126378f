#include "agent/cgroup/cgroup_index.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/os/file.h"

namespace foreshock::agent {

namespace {

// An id that does not resolve must not cost a walk of the tree for each process that has it.
constexpr std::chrono::milliseconds kRefreshPause{250};

std::string child_path(const std::string& parent, const std::string& name) {
  return (parent == "/" ? "" : parent) + "/" + name;
}

// Sorted, so that an index that is full leaves out the same cgroups each time. `fd` is used up.
std::vector<std::string> list_subdirectories(UniqueFd fd) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd.get()), ::closedir);
  if (!directory) return names;
  fd.release();  // the stream's now
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe on a stream of one's own
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name(entry->d_name);
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

CgroupIndex::CgroupIndex(std::string workload_root, std::size_t capacity)
    : workload_root_(std::move(workload_root)), capacity_(capacity) {
  refresh();
}

void CgroupIndex::refresh() {
  const std::vector<Entry> before = std::exchange(entries_, {});
  walk();
  paths_.clear();
  ids_.clear();
  for (const Entry& entry : entries_) {
    paths_.emplace(entry.id, entry.path);
    ids_.emplace(entry.path, entry.id);
  }
  for (const Entry& entry : before) {
    if (!paths_.contains(entry.id)) remember(entry);
  }
  last_refresh_ = std::chrono::steady_clock::now();
}

// Breadth first: the list of what was found is the queue of what to look into.
void CgroupIndex::walk() {
  left_out_ = 0;
  std::vector<std::string> queue{"/"};
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const std::string path = queue[next];
    auto fd = open_at(AT_FDCWD, workload_root_ + path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    struct stat status {};
    if (!fd || ::fstat(fd->get(), &status) != 0) continue;  // gone since its parent was read
    entries_.push_back({path, status.st_ino});
    for (const std::string& name : list_subdirectories(*std::move(fd))) {
      if (queue.size() < capacity_) {
        queue.push_back(child_path(path, name));
      } else {
        ++left_out_;
      }
    }
  }
}

void CgroupIndex::remember(const Entry& vanished) {
  if (!vanished_.insert_or_assign(vanished.id, vanished.path).second) return;
  vanished_order_.push_back(vanished.id);
  if (vanished_order_.size() > capacity_) {
    vanished_.erase(vanished_order_.front());
    vanished_order_.pop_front();
  }
}

const std::string& CgroupIndex::path_of(std::uint64_t id) {
  static const std::string kUnknown;
  if (const auto found = paths_.find(id); found != paths_.end()) return found->second;
  if (const auto found = vanished_.find(id); found != vanished_.end()) return found->second;
  if (std::chrono::steady_clock::now() - last_refresh_ < kRefreshPause) return kUnknown;
  refresh();
  const auto found = paths_.find(id);
  return found != paths_.end() ? found->second : kUnknown;
}

std::optional<std::uint64_t> CgroupIndex::id_of(const std::string& path) const {
  const auto found = ids_.find(path);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace foreshock::agent

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
constexpr unsigned kWalksPerListing = 10;

std::string child_path(const std::string& parent, const std::string& name) {
  return (parent == "/" ? "" : parent) + "/" + name;
}

// Sorted, so that an index that is full leaves out the same cgroups each time.
std::vector<std::string> list_subdirectories(const std::string& path) {
  std::vector<std::string> names;
  auto opened = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!opened) return names;  // gone since its parent was read
  UniqueFd fd = *std::move(opened);
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
  refresh(walks_++ % kWalksPerListing == 0);
}

void CgroupIndex::refresh(bool list_all) {
  const std::vector<Entry> before = std::exchange(entries_, {});
  walk(list_all);
  paths_.clear();
  last_found_ = nullptr;
  ids_.clear();
  for (const Entry& entry : entries_) {
    paths_.emplace(entry.id, entry.path);
    ids_.emplace(entry.path, entry.id);
  }
  for (const Entry& entry : before) {
    if (paths_.contains(entry.id)) continue;
    remember(entry);
    listings_.erase(entry.id);
  }
  last_refresh_ = std::chrono::steady_clock::now();
}

// Breadth first: the list of what was found is the queue of what to look into.
void CgroupIndex::walk(bool list_all) {
  left_out_ = 0;
  std::vector<std::string> queue{"/"};
  for (std::size_t next = 0; next < queue.size(); ++next) {
    const std::string path = queue[next];
    const std::string full = workload_root_ + path;
    struct stat status {};
    if (::lstat(full.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;  // gone
    entries_.push_back({path, status.st_ino});
    Listing& listing = listings_[status.st_ino];
    // Each child is a link to its parent; file systems that do not count them say 1.
    const bool is_as_before = status.st_nlink >= 2 && status.st_nlink == listing.links;
    if (list_all || !is_as_before)
      listing = {.links = status.st_nlink, .names = list_subdirectories(full)};
    for (const std::string& name : listing.names) {
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
  // Events of one workload often come one after the other.
  if (last_found_ != nullptr && last_found_->first == id) return last_found_->second;
  if (const auto found = paths_.find(id); found != paths_.end()) {
    last_found_ = &*found;
    return found->second;
  }
  if (const auto found = vanished_.find(id); found != vanished_.end()) return found->second;
  if (std::chrono::steady_clock::now() - last_refresh_ < kRefreshPause) return kUnknown;
  refresh(true);
  const auto found = paths_.find(id);
  return found != paths_.end() ? found->second : kUnknown;
}

std::optional<std::uint64_t> CgroupIndex::id_of(const std::string& path) const {
  const auto found = ids_.find(path);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace foreshock::agent

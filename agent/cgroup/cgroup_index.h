#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace foreshock::agent {

/// id ↔ path of the cgroups in the workload hierarchy: on hosts with v1 controllers that is the v1
/// `cpu` tree. Bounded; one thread.
class CgroupIndex {
 public:
  struct Entry {
    std::string path;
    std::uint64_t id = 0;
    bool operator==(const Entry&) const = default;
  };

  /// Walks the tree at once. Keeps at most `capacity` cgroups, those nearest to the root first, and
  /// as many that have vanished.
  CgroupIndex(std::string workload_root, std::size_t capacity);

  /// Walks the tree anew; what can't be read any more is gone. A directory that still has as many
  /// children as before is listed again each tenth time only: one that was made in the place of
  /// another is found a little later, or at once when its id is asked for.
  void refresh();
  /// Path of an id; refreshes (at most a few times a second) when it is not known. Empty when it
  /// never resolves: a short process's cgroup may be gone before anybody could look. Of a vanished
  /// cgroup, its last known path.
  /// The reference holds until the next call.
  const std::string& path_of(std::uint64_t id);
  /// Id of what exists at `path`, as of the last walk.
  std::optional<std::uint64_t> id_of(const std::string& path) const;
  /// Whether the id existed at the last walk.
  bool has(std::uint64_t id) const { return paths_.contains(id); }
  /// What existed at the last walk, the root first, parents before children.
  const std::vector<Entry>& entries() const { return entries_; }
  /// Directories that the last walk had to leave out because the index was full.
  std::uint64_t left_out() const { return left_out_; }

 private:
  /// The children of a directory, as of when it had so many links.
  struct Listing {
    std::uint64_t links = 0;
    std::vector<std::string> names;  ///< sorted
  };

  void refresh(bool list_all);
  void walk(bool list_all);
  void remember(const Entry& vanished);

  std::string workload_root_;
  std::size_t capacity_;
  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::string> paths_;
  const std::pair<const std::uint64_t, std::string>* last_found_ = nullptr;  ///< of paths_
  std::unordered_map<std::string, std::uint64_t> ids_;
  std::unordered_map<std::uint64_t, std::string> vanished_;
  std::deque<std::uint64_t> vanished_order_;             ///< oldest first
  std::unordered_map<std::uint64_t, Listing> listings_;  ///< by the directory's id
  unsigned walks_ = 0;
  std::uint64_t left_out_ = 0;
  std::chrono::steady_clock::time_point last_refresh_;
};

}  // namespace foreshock::agent

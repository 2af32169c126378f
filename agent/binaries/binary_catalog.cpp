#include "agent/binaries/binary_catalog.h"

#include <algorithm>
#include <array>
#include <climits>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

constexpr int kReadFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/// Below the working directory where it is relative.
std::string absolute_name(const Execution& execution) {
  if (execution.filename.starts_with('/')) return execution.filename;
  if (!execution.cwd.starts_with('/') || execution.filename.empty()) return {};
  return execution.cwd + "/" + execution.filename;
}

/// A link within a link … so often at most, as the kernel has it.
constexpr int kMostLinks = 40;

/// In front of what is there, the first part first.
void put_parts(std::string_view path, std::deque<std::string>& parts) {
  std::deque<std::string> added;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    added.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(path.size(), slash + 1));
  }
  parts.insert(parts.begin(), added.begin(), added.end());
}

/// The file that a process of that root means by the name: links are followed there, and nothing
/// leads out of it. (openat2 could do it, but hardened units are refused it.)
Result<UniqueFd> open_in_root(const std::string& root_path, const std::string& name) {
  FS_TRY(const auto root, open_at(AT_FDCWD, root_path, O_PATH | O_DIRECTORY));
  std::deque<std::string> left;
  put_parts(name, left);
  std::vector<std::string> found;
  int links = 0;
  while (!left.empty()) {
    const std::string part = std::move(left.front());
    left.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!found.empty()) found.pop_back();
      continue;
    }
    found.push_back(part);
    std::array<char, PATH_MAX> target{};
    const auto length = ::readlinkat(root.get(), fmt::format("{}", fmt::join(found, "/")).c_str(),
                                     target.data(), target.size());
    if (length < 0) continue;
    if (++links > kMostLinks) return Error(ErrorCode::not_found, "open " + name);
    found.pop_back();
    if (target[0] == '/') found.clear();
    put_parts({target.data(), static_cast<std::size_t>(length)}, left);
  }
  return open_at(root.get(), fmt::format("{}", fmt::join(found, "/")), kReadFlags | O_NOFOLLOW);
}

}  // namespace

std::size_t BinaryCatalog::HashName::operator()(const NameView& name) const {
  return std::hash<std::string_view>()(name.second) ^ (name.first * 0x9e3779b97f4a7c15ULL);
}

BinaryCatalog::BinaryCatalog(Options options, Open open, Describe describe, const Clock& clock)
    : options_(options), open_(std::move(open)), describe_(std::move(describe)), clock_(clock) {}

std::uint64_t BinaryCatalog::id_of(const Execution& execution, BootTime now) {
  if (execution.filename.empty()) return 0;
  const std::lock_guard lock(mutex_);
  auto found = names_.find(NameView(execution.facts.cgroup_id, execution.filename));
  if (found == names_.end()) {
    // Starting anew costs a look at each name, no description.
    if (names_.size() >= options_.most_names) names_.clear();
    found = names_.try_emplace({execution.facts.cgroup_id, execution.filename}).first;
  }
  Known& known = found->second;
  if (now >= known.due && !known.waits && waiting_.size() < options_.most_waiting) {
    known.waits = true;
    Execution& asked = waiting_.emplace_back();
    asked.facts = execution.facts;
    asked.filename = execution.filename;
    asked.cwd = execution.cwd;
    wake_.notify_one();
  }
  return known.id;
}

std::vector<BinaryProfile> BinaryCatalog::take_described() {
  const std::lock_guard lock(mutex_);
  return std::exchange(fresh_, {});
}

void BinaryCatalog::run(std::stop_token stop) {
  BootTime next_description;
  while (!stop.stop_requested()) {
    while (open_next()) {
    }
    const BootTime now = clock_.boot_now();
    if (!opened_.empty() && now >= next_description) {
      describe_next();
      next_description = clock_.boot_now() + options_.apart;
      continue;
    }
    std::unique_lock lock(mutex_);
    const auto has_work = [this] {
      return !waiting_.empty() && opened_.size() < options_.most_open;
    };
    if (opened_.empty()) {
      wake_.wait(lock, stop, has_work);
    } else {
      wake_.wait_for(lock, stop, next_description - now, has_work);
    }
  }
}

bool BinaryCatalog::open_next() {
  if (opened_.size() >= options_.most_open) return false;
  Execution execution;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return false;
    execution = std::move(waiting_.front());
    waiting_.pop_front();
  }
  auto file = open_(execution);
  if (!file) {
    conclude(execution, std::nullopt);
    return true;
  }
  struct stat status {};
  if (::fstat(file->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    conclude(execution, 0);
    return true;
  }
  const FileId which{status.st_dev, status.st_ino, status.st_size,
                     status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
  if (const auto id = described_id(which)) {
    conclude(execution, id);
  } else {
    opened_.push_back({std::move(execution), *std::move(file), which});
  }
  return true;
}

bool BinaryCatalog::describe_next() {
  if (opened_.empty()) return false;
  const Opened opened = std::move(opened_.front());
  opened_.pop_front();
  auto id = described_id(opened.which);  // it may have been opened under several names
  if (!id) {
    id = describe(opened.file, opened.execution);
    if (files_.size() >= options_.most_binaries) files_.clear();
    if (id) files_.insert_or_assign(opened.which, Described{*id, clock_.boot_now()});
  }
  conclude(opened.execution, id);
  return true;
}

std::optional<std::uint64_t> BinaryCatalog::described_id(const FileId& which) const {
  const auto found = files_.find(which);
  const bool known =
      found != files_.end() && clock_.boot_now() - found->second.at < options_.tell_again;
  return known ? std::optional(found->second.id) : std::nullopt;
}

void BinaryCatalog::conclude(const Execution& execution, std::optional<std::uint64_t> id) {
  const std::lock_guard lock(mutex_);
  Known& known = names_[{execution.facts.cgroup_id, execution.filename}];
  known = {.id = id.value_or(known.id),
           .due = clock_.boot_now() + (id ? options_.look_again : options_.retry),
           .waits = false};
}

std::optional<std::uint64_t> BinaryCatalog::describe(const UniqueFd& file,
                                                     const Execution& execution) {
  auto profile = describe_(file.get());
  if (!profile) {
    log_debug("binary_not_described file={} reason=\"{}\"", execution.filename,
              profile.error().message());
    if (profile.error().code() == ErrorCode::unsupported) return 0;
    return std::nullopt;
  }
  profile->path = execution.filename;
  const std::lock_guard lock(mutex_);
  // More than one report tells: nobody takes them just now.
  if (fresh_.size() >= options_.most_waiting) return std::nullopt;
  fresh_.push_back(*std::move(profile));
  return fresh_.back().id;
}

Result<UniqueFd> open_executed(const std::string& proc, const Execution& execution) {
  const std::string name = absolute_name(execution);
  if (name.empty()) return Error(ErrorCode::not_found, "open what was executed: no full name");
  for (const std::uint32_t pid : {execution.facts.process.pid, execution.facts.parent.pid}) {
    if (auto file = open_in_root(fmt::format("{}/{}/root", proc, pid), name)) return file;
  }
  return Error(ErrorCode::not_found, "open " + name);
}

}  // namespace foreshock::agent

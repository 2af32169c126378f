#include "agent/sample/host_devices.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <unistd.h>

#include "agent/cgroup/cgroup_files.h"

namespace foreshock::agent {

namespace {

/// Whatever the size of a device's blocks (Documentation/block/stat.rst).
constexpr std::uint64_t kSectorBytes = 512;
constexpr std::size_t kMostNames = 1024;

std::uint64_t times(std::uint64_t count, std::uint64_t factor, std::uint64_t most) {
  return count > most / factor ? most : count * factor;
}

/// Numbers from the words after `first`; false when one of them is none.
template <std::size_t kCount>
bool parse_counts(const std::vector<std::string_view>& words, std::size_t first,
                  std::array<std::uint64_t, kCount>& counts) {
  if (words.size() < first + kCount) return false;
  for (std::size_t i = 0; i < kCount; ++i) {
    const auto count = parse_count(words[first + i]);
    if (!count) return false;
    counts[i] = *count;
  }
  return true;
}

}  // namespace

// "254 0 vda reads merged sectors ms writes merged sectors ms in_flight ms …", see
// Documentation/admin-guide/iostats.rst.
std::vector<DiskSample> parse_diskstats(std::string_view text) {
  std::vector<DiskSample> disks;
  for (const std::string_view line : split_at(text, '\n')) {
    const std::vector<std::string_view> words = split_words(line);
    std::array<std::uint64_t, 10> counts{};
    if (!parse_counts(words, 3, counts)) continue;
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    constexpr std::uint64_t kNsPerMs = 1'000'000;
    constexpr auto kLongest = static_cast<std::uint64_t>(Nanoseconds::max().count());
    disks.push_back(
        {.name = std::string(words[2]),
         .reads = counts[0],
         .writes = counts[4],
         .read = {times(counts[2], kSectorBytes, kMost)},
         .written = {times(counts[6], kSectorBytes, kMost)},
         .busy = Nanoseconds(static_cast<std::int64_t>(times(counts[9], kNsPerMs, kLongest))),
         .in_flight = counts[8]});
  }
  return disks;
}

// "  eth0: bytes packets errs drop fifo frame compressed multicast bytes packets errs drop …"
std::vector<InterfaceSample> parse_net_dev(std::string_view text) {
  std::vector<InterfaceSample> interfaces;
  for (const std::string_view line : split_at(text, '\n')) {
    // A name may hold a colon itself ("eth0:1"); the numbers do not.
    const auto colon = line.rfind(':');
    if (colon == std::string_view::npos) continue;
    const std::vector<std::string_view> name = split_words(line.substr(0, colon));
    std::array<std::uint64_t, 12> counts{};
    if (name.size() != 1 || !parse_counts(split_words(line.substr(colon + 1)), 0, counts)) continue;
    interfaces.push_back({.name = std::string(name[0]),
                          .received = {counts[0]},
                          .sent = {counts[8]},
                          .received_packets = counts[1],
                          .sent_packets = counts[9],
                          .errors = counts[2] + counts[10],
                          .drops = counts[3] + counts[11]});
  }
  return interfaces;
}

void HostDevices::read(int proc_fd, HostSample& into) {
  if (const auto text = diskstats_.read(proc_fd)) {
    into.disks = parse_diskstats(*text);
    std::erase_if(into.disks,
                  [this](const DiskSample& disk) { return !is_hardware("block", disk.name); });
    into.disks.resize(std::min(into.disks.size(), kMostOfEach));
  }
  if (const auto text = net_dev_.read(proc_fd)) {
    into.interfaces = parse_net_dev(*text);
    std::erase_if(into.interfaces,
                  [](const InterfaceSample& interface) { return interface.name == "lo"; });
    const auto is_backed = [this](const InterfaceSample& interface) {
      return is_hardware("class/net", interface.name);
    };
    if (std::ranges::any_of(into.interfaces, is_backed)) {
      std::erase_if(into.interfaces,
                    [&](const InterfaceSample& interface) { return !is_backed(interface); });
    }
    into.interfaces.resize(std::min(into.interfaces.size(), kMostOfEach));
  }
}

bool HostDevices::is_hardware(std::string_view kind, const std::string& name) {
  // What the kernel lists has no path in its name but "!" for "/", as in "cciss!c0d0".
  std::string path = std::string(kind) + "/" + name;
  std::ranges::replace(path.begin() + static_cast<std::ptrdiff_t>(kind.size()) + 1, path.end(), '/',
                       '!');
  if (const auto known = hardware_.find(path); known != hardware_.end()) return known->second;
  if (hardware_.size() >= kMostNames) hardware_.clear();
  const bool found = ::access((sys_root_ + "/" + path + "/device").c_str(), F_OK) == 0;
  hardware_.emplace(std::move(path), found);
  return found;
}

}  // namespace foreshock::agent

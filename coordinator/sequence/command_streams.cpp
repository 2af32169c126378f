#include "coordinator/sequence/command_streams.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace foreshock::coordinator {

std::uint64_t hash_text(std::string_view text) {
  return std::hash<std::string_view>{}(text) | 1;
}

void CommandStream::add(CommandId command, std::uint64_t argument) {
  commands[length % kLength] = command;
  ++length;
  arguments = {argument, arguments[0]};
}

CommandStreams::CommandStreams(std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 2)) {}

std::uint64_t CommandStreams::key_of(std::uint64_t host, std::uint64_t user) {
  return hash_pair(host, user);
}

CommandStream& CommandStreams::use(std::string_view host, std::string_view user) {
  const std::uint64_t host_hash = hash_text(host);
  const std::uint64_t user_hash = hash_text(user);
  const std::uint64_t key = key_of(host_hash, user_hash);
  auto found = streams_.find(key);
  if (found == streams_.end()) {
    if (streams_.size() >= capacity_) forget_half();
    found = streams_.try_emplace(key).first;
    found->second.key = key;
    found->second.user = user_hash;
    found->second.host = host_hash;
    ++of_user_[user_hash];
    ++of_host_[host_hash];
  }
  found->second.last_use = ++uses_;
  return found->second;
}

const CommandStream* CommandStreams::find(std::string_view host, std::string_view user) const {
  const auto found = streams_.find(key_of(hash_text(host), hash_text(user)));
  return found == streams_.end() ? nullptr : &found->second;
}

bool CommandStreams::user_is_elsewhere(const CommandStream& stream) const {
  return of_user_.at(stream.user) > 1;
}

bool CommandStreams::host_has_others(const CommandStream& stream) const {
  return of_host_.at(stream.host) > 1;
}

void CommandStreams::forget_half() {
  std::vector<std::uint64_t> uses;
  uses.reserve(streams_.size());
  for (const auto& [key, stream] : streams_) uses.push_back(stream.last_use);
  const auto middle = uses.begin() + static_cast<std::ptrdiff_t>(uses.size() / 2);
  std::ranges::nth_element(uses, middle);
  const auto drop = [](Counts& counts, std::uint64_t key) {
    const auto count = counts.find(key);
    if (--count->second == 0) counts.erase(count);
  };
  std::erase_if(streams_, [&](const auto& entry) {
    if (entry.second.last_use >= *middle) return false;
    drop(of_user_, entry.second.user);
    drop(of_host_, entry.second.host);
    return true;
  });
}

}  // namespace foreshock::coordinator

#pragma once

#include <deque>
#include <utility>
#include <vector>

#include <sys/eventfd.h>

#include "agent/uplink/uplink.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// An uplink into a vector: for tests.
class ListUplink final : public Uplink {
 public:
  int ready_fd() const override { return ready_.get(); }
  bool try_send(const AgentMessage& message) override {
    if (link != LinkState::connected || sent.size() >= capacity) return false;
    sent.push_back(message);
    return true;
  }
  std::optional<CoordinatorMessage> try_receive() override {
    if (incoming.empty()) return std::nullopt;
    auto message = std::move(incoming.front());
    incoming.pop_front();
    return message;
  }
  LinkState state() override { return link; }
  std::uint64_t connections() const override { return connection_count; }
  std::uint64_t undecodable() const override { return 0; }

  std::vector<AgentMessage> sent;
  std::deque<CoordinatorMessage> incoming;
  LinkState link = LinkState::connected;
  std::size_t capacity = static_cast<std::size_t>(-1);
  std::uint64_t connection_count = 1;

 private:
  UniqueFd ready_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace foreshock::agent

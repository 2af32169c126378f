#include "agent/capture/replay_event_source.h"

#include <vector>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

ExecEvent make_exec(std::uint32_t pid) {
  ExecEvent exec;
  exec.facts.process.pid = pid;
  return exec;
}

std::vector<std::uint32_t> drain_pids(ReplayEventSource& source, std::size_t most = 100) {
  std::vector<std::uint32_t> pids;
  const auto drained = source.drain([&](ProcessEvent&& event) {
    if (pids.size() == most) return false;
    pids.push_back(std::get<ExecEvent>(event).facts.process.pid);
    return true;
  });
  EXPECT_TRUE(drained);
  EXPECT_EQ(*drained, pids.size());
  return pids;
}

using Pids = std::vector<std::uint32_t>;

TEST(ReplayEventSource, delivers_once_and_in_order) {
  ReplayEventSource source({make_exec(1), make_exec(2)});
  EXPECT_EQ(drain_pids(source), (Pids{1, 2}));
  EXPECT_EQ(drain_pids(source), Pids{});
  source.add(make_exec(3));
  EXPECT_EQ(drain_pids(source), Pids{3});
  EXPECT_EQ(source.stats().execs, 3u);
  EXPECT_EQ(source.stats().exits, 0u);
}

TEST(ReplayEventSource, keeps_what_the_sink_refuses) {
  ReplayEventSource source({make_exec(1), make_exec(2), make_exec(3)});
  EXPECT_EQ(drain_pids(source, 2), (Pids{1, 2}));
  EXPECT_EQ(drain_pids(source), Pids{3});
}

TEST(ReplayEventSource, delivers_again_what_was_not_released) {
  ReplayEventSource source({make_exec(1), make_exec(2), make_exec(3)});
  drain_pids(source, 1);
  source.release_through(source.position());
  drain_pids(source);
  source.rewind_to_released();
  EXPECT_EQ(drain_pids(source), (Pids{2, 3}));
}

}  // namespace
}  // namespace foreshock::agent

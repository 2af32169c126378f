#include "agent/agent_config.h"

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

AgentConfig config_with(std::map<std::string, std::string> values) {
  AgentConfig config;
  config.values = std::move(values);
  return config;
}

TEST(KeysNeedingRestart, are_none_where_a_running_agent_can_take_over_what_changed) {
  const auto before = config_with({{"agent.log_level", "\"info\""}, {"capture.ring", "\"8MiB\""}});
  const auto after = config_with({{"agent.log_level", "\"debug\""},
                                  {"capture.ring", "\"8MiB\""},
                                  {"adjust[0].cgroup", "\"/web.slice\""},
                                  {"protect.cgroups", "[ \"/a\" ]"},
                                  {"redact.patterns", "[]"}});
  EXPECT_TRUE(keys_needing_restart(before, after).empty());
}

TEST(KeysNeedingRestart, are_named) {
  const auto before = config_with({{"capture.ring", "\"8MiB\""}});
  const auto after =
      config_with({{"capture.ring", "\"16MiB\""}, {"agent.state_directory", "\"/srv/agent\""}});
  EXPECT_EQ(keys_needing_restart(before, after),
            (std::vector<std::string>{"agent.state_directory", "capture.ring"}));
}

}  // namespace
}  // namespace foreshock::agent

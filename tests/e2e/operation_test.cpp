// What an operator does to a running agent: reload, a wrong configuration, restore.

#include <algorithm>
#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/child_process.h"
#include "tests/support/services.h"

namespace foreshock::test {
namespace {

class Operation : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: BPF";
    services_.start_coordinator();
    services_.start_agent();
    ASSERT_TRUE(eventually([this] { return services_.agent_connected(); }))
        << read_text(services_.agent_log());
  }

  void append_to_agent_config(const std::string& text) const {
    std::ofstream(services_.directory() + "/agent.toml", std::ios::app) << text;
  }
  void append_to_coordinator_config(const std::string& text) const {
    std::ofstream(services_.directory() + "/coordinator.toml", std::ios::app) << text;
  }
  bool agent_log_says(const std::string& words) {
    return eventually(
        [&] { return read_text(services_.agent_log()).find(words) != std::string::npos; });
  }
  bool coordinator_log_says(const std::string& words) {
    return eventually(
        [&] { return read_text(services_.coordinator_log()).find(words) != std::string::npos; });
  }

  Services services_{{.agent_program = FORESHOCK_AGENT,
                      .coordinator_program = FORESHOCK_COORDINATOR,
                      .more_agent_config = {},
                      .more_coordinator_config = {},
                      .pin_directory = {}}};
};

TEST_F(Operation, a_reload_takes_over_new_redaction_patterns) {
  append_to_agent_config("[redact]\npatterns = [\"cheese-[a-z]+\"]\n");
  services_.agent().signal(SIGHUP);
  ASSERT_TRUE(agent_log_says("configuration_reloaded")) << read_text(services_.agent_log());
  run_program({"/bin/echo", "reloaded", "cheese-gouda"});
  EXPECT_TRUE(eventually([this] {
    return services_.coordinator_cli({"commands", "reloaded"}).output.find("reloaded <redacted>") !=
           std::string::npos;
  })) << services_.coordinator_cli({"commands"}).output;
}

TEST_F(Operation, a_wrong_configuration_is_kept_out_and_the_reason_is_said) {
  append_to_agent_config("[sample]\nintervall = \"1s\"\n");
  services_.agent().signal(SIGHUP);
  ASSERT_TRUE(agent_log_says("did you mean \"interval\"")) << read_text(services_.agent_log());
  EXPECT_TRUE(services_.agent().running());
  run_program({"/bin/echo", "still", "seen"});
  EXPECT_TRUE(eventually([this] {
    return services_.coordinator_cli({"commands", "still"}).output.find("still seen") !=
           std::string::npos;
  }));
}

TEST_F(Operation, a_key_that_needs_a_restart_is_named) {
  append_to_agent_config("[spool]\nmax_bytes = \"2GiB\"\n");
  services_.agent().signal(SIGHUP);
  EXPECT_TRUE(agent_log_says("needs a restart to change spool.max_bytes"))
      << read_text(services_.agent_log());
  EXPECT_TRUE(services_.agent().running());
}

TEST_F(Operation, a_running_coordinator_takes_over_policies) {
  append_to_coordinator_config(
      "[[policy]]\nname = \"web\"\ncgroup = \"/web.slice\"\nresource = \"cpu\"\nmax = \"2\"\n");
  services_.coordinator().signal(SIGHUP);
  ASSERT_TRUE(coordinator_log_says("configuration_reloaded"))
      << read_text(services_.coordinator_log());
  EXPECT_NE(services_.coordinator_cli({"policies"}).output.find("/web.slice"), std::string::npos);
  append_to_coordinator_config("[history]\nmax_age = \"a while\"\n");
  services_.coordinator().signal(SIGHUP);
  EXPECT_TRUE(coordinator_log_says("configuration_kept")) << read_text(services_.coordinator_log());
  EXPECT_NE(services_.coordinator_cli({"policies"}).output.find("/web.slice"), std::string::npos);
}

TEST_F(Operation, limits_are_not_restored_under_a_running_agent) {
  const Finished finished =
      run_program({FORESHOCK_AGENT, "restore", "--config", services_.directory() + "/agent.toml"});
  EXPECT_EQ(finished.status, 1);
  EXPECT_NE(finished.output.find("an agent is running; stop it first"), std::string::npos)
      << finished.output;
}

TEST(FirstStart, explains_what_it_needs_in_three_lines) {
  const Finished finished =
      run_program({FORESHOCK_AGENT, "run", "--config", "/nonexistent/agent.toml"});
  EXPECT_EQ(finished.status, 2);
  EXPECT_EQ(std::ranges::count(finished.output, '\n'), 3) << finished.output;
  EXPECT_NE(finished.output.find("public key"), std::string::npos);
  EXPECT_NE(finished.output.find("agents approve"), std::string::npos);
}

}  // namespace
}  // namespace foreshock::test

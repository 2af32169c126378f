// What a user must understand at once when it goes wrong.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/child_process.h"
#include "tests/support/services.h"
#include "tests/support/temp_dir.h"

namespace foreshock::test {
namespace {

constexpr auto kKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

class Errors : public testing::Test {
 protected:
  std::string write_config(const std::string& name, const std::string& text) {
    const std::string path = directory_ / name;
    std::ofstream(path) << text;
    return path;
  }
  std::string agent_config(const std::string& more = "") {
    return write_config("agent.toml",
                        "[agent]\nstate_directory = \"" + (directory_ / "agent") +
                            "\"\nstatus_socket = \"" + (directory_ / "agent.sock") +
                            "\"\n[coordinator]\nendpoint = \"tcp://127.0.0.1:1\"\npublic_key = '" +
                            kKey + "'\n[capture]\npin_directory = \"\"\n" + more);
  }
  std::string coordinator_config(const std::string& more = "", int port = 0) {
    return write_config("coordinator.toml",
                        "[coordinator]\nstate_directory = \"" + (directory_ / "coordinator") +
                            "\"\nlisten = \"tcp://127.0.0.1:" +
                            (port == 0 ? std::string("*") : std::to_string(port)) +
                            "\"\nadmin_socket = \"" + (directory_ / "admin.sock") + "\"\n" + more);
  }
  static void expect_failure(const Finished& finished, const std::vector<std::string>& words) {
    EXPECT_NE(finished.status, 0);
    EXPECT_LT(finished.status, 128) << "ended by a signal";
    for (const auto& word : words) {
      EXPECT_NE(finished.output.find(word), std::string::npos)
          << "\"" << word << "\" is not in: " << finished.output;
    }
  }
  static Finished run_as_nobody(const std::string& command) {
    return run_program({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                        "/bin/sh", "-c", command});
  }

  TempDir directory_;
};

TEST_F(Errors, an_unknown_key_of_the_agent_has_line_and_column) {
  const auto config = agent_config("ring_size = 5\n");
  expect_failure(run_program({FORESHOCK_AGENT, "run", "--config", config}),
                 {"agent.toml:9:1", "ring_size"});
}

TEST_F(Errors, an_unknown_key_of_the_coordinator_has_line_and_column) {
  const auto config = coordinator_config("[learning]\nintervall = \"5s\"\n");
  expect_failure(run_program({FORESHOCK_COORDINATOR, "serve", "--config", config}),
                 {"coordinator.toml:6:1", "intervall", "interval"});
}

TEST_F(Errors, a_missing_configuration_is_named) {
  expect_failure(run_program({FORESHOCK_AGENT, "run", "--config", directory_ / "none.toml"}),
                 {"none.toml"});
}

TEST_F(Errors, a_missing_privilege_is_named) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::all);
  expect_failure(
      run_as_nobody(std::string(FORESHOCK_AGENT) + " capture --source bpf --duration 1s"),
      {"CAP_BPF"});
  const auto config = agent_config("source = \"bpf\"\n");
  expect_failure(run_as_nobody(std::string(FORESHOCK_AGENT) + " run --config " + config),
                 {"CAP_BPF"});
}

TEST_F(Errors, a_state_directory_that_cannot_be_written_is_named) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  std::filesystem::create_directory(directory_ / "coordinator");
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::owner_all |
                                                      std::filesystem::perms::others_read |
                                                      std::filesystem::perms::others_exec);
  const auto config = coordinator_config();
  expect_failure(run_as_nobody(std::string(FORESHOCK_COORDINATOR) + " serve --config " + config),
                 {directory_ / "coordinator", "Permission denied"});
}

TEST_F(Errors, a_taken_port_is_named) {
  Services services({FORESHOCK_AGENT, FORESHOCK_COORDINATOR, "", "", ""});
  services.start_coordinator();
  const auto config = coordinator_config("", services.port());
  expect_failure(run_program({FORESHOCK_COORDINATOR, "serve", "--config", config}),
                 {std::to_string(services.port()), "in use"});
}

TEST_F(Errors, a_coordinator_that_does_not_run_is_said_to) {
  const auto finished =
      run_program({FORESHOCK_COORDINATOR, "hosts", "--socket", directory_ / "admin.sock"});
  EXPECT_EQ(finished.status, 3);
  expect_failure(finished, {directory_ / "admin.sock", "running"});
}

class ConnectionErrors : public Errors {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to load BPF programs";
    if (!std::filesystem::exists("/sys/kernel/btf/vmlinux"))
      GTEST_SKIP() << "needs BTF in /sys/kernel/btf/vmlinux";
    services_.start_coordinator();
  }
  std::string config_for(const std::string& key) {
    return write_config("agent.toml", "[agent]\nstate_directory = \"" + (directory_ / "agent") +
                                          "\"\nstatus_socket = \"" + (directory_ / "agent.sock") +
                                          "\"\n[coordinator]\nendpoint = \"tcp://127.0.0.1:" +
                                          std::to_string(services_.port()) + "\"\npublic_key = '" +
                                          key + "'\n[capture]\npin_directory = \"\"\n");
  }
  std::string coordinator_key() const {
    const auto status = services_.coordinator_cli({"status", "--json"}).output;
    const auto at = status.find('"', status.find(':', status.find("\"public_key\""))) + 1;
    return status.substr(at, 40);
  }
  bool status_says(const std::string& words) const {
    return run_program({FORESHOCK_AGENT, "status", "--socket", directory_ / "agent.sock"})
               .output.find(words) != std::string::npos;
  }

  Services services_{{FORESHOCK_AGENT, FORESHOCK_COORDINATOR, "", "", ""}};
};

TEST_F(ConnectionErrors, an_agent_that_is_not_enrolled_says_what_to_run) {
  const ChildProcess agent({FORESHOCK_AGENT, "run", "--config", config_for(coordinator_key())},
                           directory_ / "log");
  EXPECT_TRUE(eventually([&] { return status_says("foreshock-coordinator agents approve"); }))
      << read_text(directory_ / "log");
  EXPECT_NE(services_.coordinator_cli({"agents", "list"}).output.find("pending"),
            std::string::npos);
}

TEST_F(ConnectionErrors, a_wrong_key_of_the_coordinator_is_said_to_be) {
  const ChildProcess agent({FORESHOCK_AGENT, "run", "--config", config_for(kKey)},
                           directory_ / "log");
  EXPECT_TRUE(eventually([&] { return status_says("public_key"); }))
      << read_text(directory_ / "log");
}

}  // namespace
}  // namespace foreshock::test

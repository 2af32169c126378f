// A secret on a command line is in no byte that the agent or the coordinator writes.

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "coordinator/history/sqlite_history_reader.h"
#include "tests/support/exec_load.h"
#include "tests/support/services.h"

namespace foreshock::test {
namespace {

TEST(Secret, is_in_no_spool_byte_database_byte_or_log) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to load BPF programs";
  if (!std::filesystem::exists("/sys/kernel/btf/vmlinux"))
    GTEST_SKIP() << "needs BTF in /sys/kernel/btf/vmlinux";
  Services services({FORESHOCK_AGENT, FORESHOCK_COORDINATOR, "", "", ""});
  services.start_coordinator();
  services.start_agent();
  ASSERT_TRUE(eventually([&] { return services.agent_connected(); }));

  const std::string secret = "s3cretPlantedHere42";
  const std::string name = "mysql" + std::to_string(::getpid());
  const std::string program = make_named_program(services.directory(), name);
  run_program({program, "--password=" + secret, "--host=db1"});
  run_program({program, "https://user:" + secret + "@example.org/x"});
  run_program({program, "API_TOKEN=" + secret});
  // While the coordinator is away the spool keeps everything: look there too.
  services.coordinator().kill_hard();
  run_program({program, "--token", secret, "last"});
  std::this_thread::sleep_for(std::chrono::seconds(3));
  std::size_t files = 0;
  const auto expect_clean = [&](const std::string& directory) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      if (!entry.is_regular_file() || entry.path() == program) continue;
      ++files;
      EXPECT_EQ(read_text(entry.path()).find(secret), std::string::npos) << entry.path();
    }
  };
  expect_clean(services.directory());

  services.start_coordinator();
  const auto recorded = [&] {
    auto reader = coordinator::SqliteHistoryReader::open(services.history_file());
    if (!reader) return std::vector<coordinator::ExecutionRow>();
    coordinator::ExecutionQuery query;
    query.text = name;
    auto rows = (*reader)->executions(query);
    if (!rows) return std::vector<coordinator::ExecutionRow>();
    std::erase_if(*rows, [&](const auto& row) { return row.filename != program; });
    return *std::move(rows);
  };
  ASSERT_TRUE(eventually([&] { return recorded().size() == 4; })) << recorded().size();
  const auto rows = recorded();
  const auto shape_is_kept = std::ranges::any_of(rows, [&](const auto& row) {
    return row.argv == std::vector<std::string>{program, "--password=<redacted>", "--host=db1"};
  });
  EXPECT_TRUE(shape_is_kept);
  expect_clean(services.directory());
  EXPECT_GT(files, 8u);
  EXPECT_EQ(services.coordinator_cli({"commands", "--json", "--limit", "500"}).output.find(secret),
            std::string::npos);
  EXPECT_EQ(services.agent_cli({"status", "--json"}).output.find(secret), std::string::npos);
}

}  // namespace
}  // namespace foreshock::test

// Either program is killed in mid-stream, again and again, and afterwards the history holds exactly
// what the load generator counted.

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <utility>

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/history/sqlite_history_reader.h"
#include "tests/support/exec_load.h"
#include "tests/support/services.h"

namespace foreshock::test {
namespace {

using coordinator::ExecutionQuery;
using coordinator::ExecutionRow;
using coordinator::SqliteHistoryReader;

constexpr std::size_t kExecs = 11000;
constexpr std::size_t kKills = 6;
constexpr double kPerSecond = 700;

/// A bpffs of the test's own, so that the agent's pins are nobody else's and end with the test.
class BpfMount {
 public:
  BpfMount() { mounted_ = ::mount("bpf", directory_.path().c_str(), "bpf", 0, nullptr) == 0; }
  ~BpfMount() {
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::string pin_directory() const { return directory_ / "foreshock"; }

 private:
  TempDir directory_;
  bool mounted_ = false;
};

class Kill : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to load BPF programs";
    if (!std::filesystem::exists("/sys/kernel/btf/vmlinux"))
      GTEST_SKIP() << "needs BTF in /sys/kernel/btf/vmlinux";
    if (!bpf_.mounted()) GTEST_SKIP() << "needs a kernel that mounts bpffs";
    services_.emplace(
        Services::Options{FORESHOCK_AGENT, FORESHOCK_COORDINATOR, "", "", bpf_.pin_directory()});
    services_->start_coordinator();
    services_->start_agent();
    ASSERT_TRUE(eventually([this] { return services_->agent_connected(); }))
        << read_text(services_->agent_log()) << read_text(services_->coordinator_log());
    program_ = make_named_program(services_->directory(), name_);
  }

  /// Runs the load, calling `kill` at random moments of it.
  std::size_t load_with_kills(const std::function<void()>& kill) {
    std::mt19937 random(static_cast<unsigned>(::getpid()));
    std::set<std::size_t> moments;
    while (moments.size() < kKills) moments.insert(500 + random() % (kExecs - 1000));
    return generate_execs(program_, kExecs, kPerSecond, [&](std::size_t i) {
      if (moments.contains(i)) kill();
    });
  }

  /// The load's executions as the history has them.
  std::vector<ExecutionRow> recorded() const {
    auto reader = SqliteHistoryReader::open(services_->history_file());
    if (!reader) return {};
    ExecutionQuery query;
    query.text = name_;
    query.limit = 10 * kExecs;
    auto rows = (*reader)->executions(query);
    if (!rows) return {};
    std::erase_if(*rows, [this](const ExecutionRow& row) { return row.filename != program_; });
    return *std::move(rows);
  }

  void expect_exactly(std::size_t generated) {
    // An end is told when the kernel has freed the process, which may be after later execs are
    // told.
    const auto has_ended = [](const ExecutionRow& row) { return row.end.has_value(); };
    EXPECT_TRUE(eventually(
        [&] {
          return services_->spool_empty() &&
                 std::cmp_greater_equal(std::ranges::count_if(recorded(), has_ended), generated);
        },
        std::chrono::seconds(120)));
    const auto rows = recorded();
    EXPECT_EQ(rows.size(), generated);
    std::map<std::string, std::size_t> by_number;  // each run had its number as argument
    for (const auto& row : rows) {
      if (row.argv.size() == 2) ++by_number[row.argv[1]];
    }
    EXPECT_EQ(by_number.size(), generated) << "some runs are missing";
    EXPECT_EQ(std::ranges::count_if(rows, has_ended), generated) << "some runs lack their end";
  }

  BpfMount bpf_;
  std::string name_ = "fskill" + std::to_string(::getpid());
  std::string program_;
  std::optional<Services> services_;
};

TEST_F(Kill, a_killed_coordinator_loses_and_doubles_nothing) {
  const auto generated = load_with_kills([this] {
    services_->coordinator().kill_hard();
    services_->start_coordinator();
  });
  ASSERT_EQ(generated, kExecs);
  expect_exactly(generated);
}

TEST_F(Kill, a_killed_agent_loses_and_doubles_nothing) {
  const auto generated = load_with_kills([this] {
    services_->agent().kill_hard();
    services_->start_agent();
  });
  ASSERT_EQ(generated, kExecs);
  expect_exactly(generated);
  EXPECT_NE(read_text(services_->agent_log()).find("capture_resumed"), std::string::npos);
  EXPECT_EQ(services_->agent().terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(bpf_.pin_directory()))
      << "a clean stop leaves nothing in the kernel";
}

}  // namespace
}  // namespace foreshock::test

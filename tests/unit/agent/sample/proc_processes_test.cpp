#include "agent/sample/proc_processes.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

void write_process(const TemporaryTree& proc, int pid, const std::string& comm, int ticks,
                   const std::string& cgroup = "/") {
  const std::string directory = fmt::format("/{}", pid);
  proc.write(directory + "/stat",
             fmt::format("{} ({}) S 1 1 1 0 -1 0 7 0 2 0 {} 3 0 0 20 0 4 0 50 4096 9 0 0\n", pid,
                         comm, ticks));
  proc.write(directory + "/cgroup", "4:memory:/other\n2:cpu:" + cgroup + "\n");
}

class ProcProcessesTest : public testing::Test {
 protected:
  std::vector<ProcessUse> look() {
    index_.refresh();
    auto files = ProcProcesses::make(true, index_, proc_.root());
    EXPECT_TRUE(files);
    std::vector<ProcessUse> processes;
    EXPECT_TRUE((*files)->look(processes));
    return processes;
  }

  TemporaryTree proc_;
  TemporaryTree cgroups_;
  CgroupIndex index_{cgroups_.root(), 100};
};

TEST_F(ProcProcessesTest, reads_every_process_in_the_order_of_ids) {
  write_process(proc_, 20, "b) (c", 5);
  write_process(proc_, 3, "a", 900);
  proc_.write("/stat", "cpu 1\n");
  proc_.make("/self");
  const auto processes = look();
  ASSERT_EQ(processes.size(), 2u);
  EXPECT_EQ(processes[0].facts.process.pid, 3u);
  EXPECT_EQ(processes[0].facts.parent.pid, 1u);
  EXPECT_EQ(processes[0].use.cpu, std::chrono::milliseconds(9030));
  EXPECT_EQ(processes[0].use.minor_faults, 7u);
  EXPECT_EQ(processes[0].use.major_faults, 2u);
  EXPECT_EQ(processes[0].threads, 4u);
  EXPECT_EQ(processes[0].rss.count, 9u * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(processes[1].facts.comm, "b) (c");
}

TEST_F(ProcProcessesTest, names_the_cgroup_by_its_id_in_the_workload_hierarchy) {
  cgroups_.make("/job");
  write_process(proc_, 1, "in_job", 5, "/job");
  write_process(proc_, 2, "elsewhere", 4, "/unknown");
  const auto processes = look();
  ASSERT_EQ(processes.size(), 2u);
  EXPECT_EQ(processes[0].facts.cgroup_id, cgroups_.inode("/job"));
  EXPECT_EQ(processes[1].facts.cgroup_id, 0u);
}

TEST_F(ProcProcessesTest, a_process_that_ended_meanwhile_is_left_out) {
  write_process(proc_, 1, "alive", 5);
  proc_.make("/2");
  proc_.write("/3/stat", "");
  EXPECT_EQ(look().size(), 1u);
}

TEST_F(ProcProcessesTest, finds_itself_in_the_real_proc) {
  const auto files = ProcProcesses::make(true, index_);
  ASSERT_TRUE(files) << files.error().message();
  std::vector<ProcessUse> processes;
  ASSERT_TRUE((*files)->look(processes));
  const auto self =
      std::ranges::find(processes, static_cast<std::uint32_t>(::getpid()),
                        [](const auto& process) { return process.facts.process.pid; });
  ASSERT_NE(self, processes.end());
  EXPECT_GT(self->rss, Bytes{0});
}

}  // namespace
}  // namespace foreshock::agent

#include "agent/sample/process_sampler.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

struct Process {
  int pid;
  const char* comm;
  int ticks;
  int rss_pages;
  int start = 50;
};

void write_process(const TemporaryTree& proc, const Process& process,
                   const std::string& cgroup = "/") {
  const std::string directory = fmt::format("/{}", process.pid);
  proc.write(
      directory + "/stat",
      fmt::format("{} ({}) S 1 1 1 0 -1 0 0 0 0 0 {} 0 0 0 20 0 1 0 {} 4096 {} 0 0\n", process.pid,
                  process.comm, process.ticks, process.start, process.rss_pages));
  proc.write(directory + "/cgroup", "4:memory:/other\n2:cpu:" + cgroup + "\n");
}

std::vector<std::string> comms_of(const ResourceSample& sample) {
  std::vector<std::string> comms;
  for (const auto& process : sample.processes) comms.push_back(process.comm);
  return comms;
}

class ProcessSamplerTest : public testing::Test {
 protected:
  ResourceSample look(ProcessSampler& sampler) {
    ResourceSample sample;
    sampler.sample(BootTime(std::chrono::seconds(10)), sample);
    return sample;
  }
  std::unique_ptr<ProcessSampler> make(std::size_t top) {
    index_.refresh();
    auto sampler = ProcessSampler::make(true, index_, top, proc_.root());
    EXPECT_TRUE(sampler);
    return *std::move(sampler);
  }

  TemporaryTree proc_;
  TemporaryTree cgroups_;
  CgroupIndex index_{cgroups_.root(), 100};
};

TEST_F(ProcessSamplerTest, keeps_the_biggest_by_cpu_and_by_memory_and_counts_all) {
  write_process(proc_, {1, "init", 5, 10});
  write_process(proc_, {2, "busy", 900, 20});
  write_process(proc_, {3, "fat", 1, 9000});
  write_process(proc_, {4, "idle", 0, 5});
  proc_.write("/stat", "cpu 1\n");
  proc_.make("/self");
  const auto sample = look(*make(1));
  EXPECT_EQ(sample.process_count, 4u);
  EXPECT_EQ(comms_of(sample), (std::vector<std::string>{"busy", "fat"}));
  EXPECT_EQ(sample.processes[1].rss.count,
            9000u * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_F(ProcessSamplerTest, cpu_is_what_was_used_since_the_turn_before) {
  write_process(proc_, {1, "old", 1000, 9});
  write_process(proc_, {2, "new", 0, 1});
  const auto sampler = make(1);
  EXPECT_EQ(comms_of(look(*sampler)), (std::vector<std::string>{"old", "new"}));
  write_process(proc_, {1, "old", 1001, 1});
  write_process(proc_, {2, "new", 50, 1});
  write_process(proc_, {3, "fat", 0, 99});
  EXPECT_EQ(comms_of(look(*sampler)), (std::vector<std::string>{"new", "fat"}));
}

TEST_F(ProcessSamplerTest, a_pid_that_is_used_again_is_another_process) {
  write_process(proc_, {1, "other", 5, 1});
  write_process(proc_, {7, "first", 1000, 1, 50});
  const auto sampler = make(1);
  look(*sampler);
  write_process(proc_, {1, "other", 15, 1});
  write_process(proc_, {7, "second", 1005, 1, 60});
  EXPECT_EQ(look(*sampler).processes[1].comm, "second");
  EXPECT_EQ(look(*sampler).processes[1].process.start, BootTime(std::chrono::milliseconds(600)));
}

TEST_F(ProcessSamplerTest, names_the_cgroup_by_its_id_in_the_workload_hierarchy) {
  cgroups_.make("/job");
  write_process(proc_, {1, "in_job", 5, 1}, "/job");
  write_process(proc_, {2, "elsewhere", 4, 1}, "/unknown");
  const auto sample = look(*make(5));
  ASSERT_EQ(sample.processes.size(), 2u);
  EXPECT_EQ(sample.processes[0].cgroup_id, cgroups_.inode("/job"));
  EXPECT_EQ(sample.processes[1].cgroup_id, 0u);
}

TEST_F(ProcessSamplerTest, a_process_that_ended_meanwhile_is_left_out) {
  write_process(proc_, {1, "alive", 5, 1});
  proc_.make("/2");
  proc_.write("/3/stat", "");
  EXPECT_EQ(look(*make(5)).process_count, 1u);
}

TEST_F(ProcessSamplerTest, finds_itself_in_the_real_proc) {
  const auto sampler = ProcessSampler::make(true, index_, 100'000);
  ASSERT_TRUE(sampler) << sampler.error().message();
  const auto sample = look(**sampler);
  const auto self = std::ranges::find(sample.processes, static_cast<std::uint32_t>(::getpid()),
                                      [](const auto& process) { return process.process.pid; });
  ASSERT_NE(self, sample.processes.end());
  EXPECT_GT(self->rss, Bytes{0});
}

}  // namespace
}  // namespace foreshock::agent

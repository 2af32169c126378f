#include "agent/sample/process_sampler.h"

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ProcessUse process(std::uint32_t pid, const std::string& comm, int cpu_ms, std::uint64_t rss = 0,
                   int start_ms = 500) {
  ProcessUse use;
  use.facts.process = make_process_key(pid, BootTime(milliseconds(start_ms)));
  use.facts.comm = comm;
  use.use.cpu = milliseconds(cpu_ms);
  use.rss = Bytes{rss};
  return use;
}

class ProcessSamplerTest : public testing::Test {
 protected:
  ResourceSample look(std::vector<ProcessUse> processes) {
    processes_ = std::move(processes);
    now_ += seconds(1);
    observed_.clear();
    ResourceSample sample;
    sampler_.sample(now_, sample);
    return sample;
  }
  static std::vector<std::string> comms_of(const ResourceSample& sample) {
    std::vector<std::string> comms;
    for (const auto& one : sample.processes) comms.push_back(one.comm);
    return comms;
  }
  void SetUp() override {
    sampler_.observe([this](const ProcessUse& seen, const ResourceUse& used, BootTime) {
      observed_[seen.facts.process.pid] = used;
    });
  }

  std::vector<ProcessUse> processes_;
  std::map<std::uint32_t, ResourceUse> observed_;
  BootTime now_{};
  bool failing_ = false;
  ProcessSampler sampler_{[this](std::vector<ProcessUse>& into) -> Result<void> {
                            if (failing_) return Error(ErrorCode::unavailable, "no");
                            into = processes_;
                            return {};
                          },
                          1};
};

TEST_F(ProcessSamplerTest, keeps_the_biggest_by_each_resource_and_counts_all) {
  look({process(1, "init", 5), process(2, "busy", 900), process(3, "fat", 1),
        process(4, "writer", 0), process(5, "thrashing", 0), process(6, "idle", 0)});
  auto writer = process(4, "writer", 0);
  writer.use.written_bytes = Bytes{4096};
  auto thrashing = process(5, "thrashing", 0);
  thrashing.use.major_faults = 3;
  const auto sample = look({process(1, "init", 5), process(2, "busy", 950, 20),
                            process(3, "fat", 1, 9000), writer, thrashing, process(6, "idle", 0)});
  EXPECT_EQ(sample.process_count, 6u);
  EXPECT_EQ(comms_of(sample), (std::vector<std::string>{"busy", "fat", "writer", "thrashing"}));
  EXPECT_EQ(sample.processes[0].cpu, milliseconds(950));
}

TEST_F(ProcessSamplerTest, counts_the_processes_of_each_workload) {
  processes_ = {process(1, "a", 5), process(2, "b", 5), process(3, "c", 5)};
  processes_[0].facts.cgroup_id = processes_[2].facts.cgroup_id = 42;
  ResourceSample sample;
  sample.workloads.resize(2);
  sample.workloads[0].cgroup_id = 42;
  sample.workloads[1].cgroup_id = 43;
  sampler_.sample(BootTime(), sample);
  EXPECT_EQ(sample.workloads[0].process_count, 2U);
  EXPECT_EQ(sample.workloads[1].process_count, 0U);
  failing_ = true;
  ResourceSample later;
  later.workloads.resize(1);
  sampler_.sample(BootTime(), later);
  EXPECT_FALSE(later.workloads[0].process_count) << "nobody looked";
}

TEST_F(ProcessSamplerTest, shows_what_each_process_used_since_the_turn_before) {
  look({process(1, "old", 1000)});
  EXPECT_EQ(observed_[1].cpu, milliseconds(0))
      << "what was before the first turn is not this period's";
  look({process(1, "old", 1001), process(2, "new", 50)});
  EXPECT_EQ(observed_[1].cpu, milliseconds(1));
  EXPECT_EQ(observed_[2].cpu, milliseconds(50));
}

TEST_F(ProcessSamplerTest, a_pid_that_is_used_again_is_another_process) {
  look({process(7, "first", 1000, 0, 500)});
  look({process(7, "second", 15, 0, 600)});
  EXPECT_EQ(observed_[7].cpu, milliseconds(15));
}

TEST_F(ProcessSamplerTest, a_counter_that_went_back_for_a_moment_is_not_counted_twice) {
  look({process(1, "java", 100)});
  look({process(1, "java", 90)});
  EXPECT_EQ(observed_[1].cpu, milliseconds(0));
  look({process(1, "java", 110)});
  EXPECT_EQ(observed_[1].cpu, milliseconds(10));
}

TEST_F(ProcessSamplerTest, remembers_the_use_of_what_ended_until_its_exit_is_told) {
  look({process(1, "make", 100), process(2, "stays", 1)});
  const auto key = process(1, "make", 0).facts.process;
  look({process(2, "stays", 1)});
  look({process(2, "stays", 1)});
  EXPECT_EQ(sampler_.take_use_when_last_seen(key).cpu, milliseconds(100));
  EXPECT_EQ(sampler_.take_use_when_last_seen(key).cpu, milliseconds(0)) << "asked once";
  EXPECT_EQ(sampler_.take_use_when_last_seen(process(2, "", 0).facts.process).cpu, milliseconds(1))
      << "ended since the last turn";
  EXPECT_EQ(sampler_.take_use_when_last_seen(process(9, "", 0).facts.process).cpu, milliseconds(0));
}

TEST_F(ProcessSamplerTest, a_turn_that_fails_is_counted_and_changes_nothing) {
  look({process(1, "make", 100)});
  failing_ = true;
  EXPECT_EQ(look({}).process_count, 0u);
  EXPECT_EQ(sampler_.failed_turns(), 1u);
  failing_ = false;
  look({process(1, "make", 130)});
  EXPECT_EQ(observed_[1].cpu, milliseconds(30));
}

}  // namespace
}  // namespace foreshock::agent

// Real cgroups of this kernel: v1 or v2, whichever has the controllers.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "agent/actuate/command_executor.h"
#include "agent/cgroup/cgroup_index.h"
#include "agent/sample/cgroup_sampler.h"
#include "agent/sample/proc_processes.h"
#include "agent/sample/process_sampler.h"
#include "tests/integration/kernel/cgroup/kernel_cgroup.h"

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const WallTime kNow = wall_time_from_ns(1'000'000'000'000);
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

class CgroupKernel : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const auto layout = read_layout();
    ASSERT_TRUE(layout) << layout.error().message();
    layout_ = *layout;
    if (!layout_.root_of("cpu") || !layout_.root_of("memory")) {
      GTEST_SKIP() << "needs the cpu and memory controllers of cgroup v1 or v2";
    }
    cgroup_ = std::make_unique<KernelCgroup>(layout_, path_);
    if (!cgroup_->made()) GTEST_SKIP() << "needs writable cgroups in " << layout_.workload_root();
    if (!cgroup_->has("cpu", cpu_file()) || !cgroup_->has("memory", memory_file())) {
      GTEST_SKIP() << "needs cpu and memory in " << layout_.v2_root << "/cgroup.subtree_control";
    }
    make_executor();
  }
  void TearDown() override {
    busy_.reset();
    executor_.reset();
    cgroup_.reset();
    std::filesystem::remove(journal_path_);
  }

  bool v1() const { return layout_.is_v1("cpu"); }
  std::string cpu_file() const { return v1() ? "cpu.cfs_quota_us" : "cpu.max"; }
  std::string memory_file() const {
    return layout_.is_v1("memory") ? "memory.limit_in_bytes" : "memory.max";
  }
  /// What the kernel's file says for so many thousandths of a core, with the default period of 100
  /// ms.
  std::string cpu_text(KnobValue millicores) const {
    if (v1()) return millicores ? fmt::format("{}", *millicores * 100) : "-1";
    return millicores ? fmt::format("{} 100000", *millicores * 100) : "max 100000";
  }

  void make_executor() {
    executor_.reset();
    auto journal = UndoJournal::open(journal_path_, BootId{{1, 2}});
    ASSERT_TRUE(journal) << journal.error().message();
    journal_ = *std::move(journal);
    GuardrailConfig config;
    AdjustmentBounds bounds;
    bounds.pattern = path_ + "**";
    bounds.knobs = {Knob::cpu_max, Knob::cpu_weight, Knob::memory_high, Knob::memory_max};
    config.allowed = {bounds};
    executor_ =
        std::make_unique<CommandExecutor>(layout_, make_actuators(layout_), config, *journal_);
  }

  void start_busy_process() {
    busy_ = std::make_unique<BusyProcess>();
    cgroup_->adopt(*busy_);
    busy_->open_gate();
  }

  ActionOutcome execute(decltype(Command::body) body, std::uint64_t epoch = 1,
                        Nanoseconds time_to_live = seconds(10)) {
    Command command;
    command.id = ++last_id_;
    command.epoch = epoch;
    command.expires = kNow + time_to_live;
    command.body = std::move(body);
    return executor_->execute(command, kNow);
  }
  ActionOutcome adjust(Knob knob, KnobValue value) {
    return execute(Adjustment{cgroup_->target(), knob, value});
  }
  ActionOutcome restore(Knob knob) { return execute(Restoration{cgroup_->target(), knob}); }

  WorkloadSample sample() {
    ResourceSample all;
    sampler().sample(BootTime(seconds(1)), all);
    const auto found = std::ranges::find(all.workloads, path_, &WorkloadSample::cgroup);
    EXPECT_NE(found, all.workloads.end());
    return found == all.workloads.end() ? WorkloadSample{} : *found;
  }
  CgroupSampler& sampler() {
    if (!index_) index_ = std::make_unique<CgroupIndex>(layout_.workload_root(), 10'000);
    if (!sampler_) sampler_ = std::make_unique<CgroupSampler>(layout_, *index_, 10'000);
    return *sampler_;
  }

  const std::string path_ = fmt::format("/foreshock-test-{}", ::getpid());
  const std::string journal_path_ =
      (std::filesystem::temp_directory_path() / fmt::format("foreshock-undo-{}", ::getpid()))
          .string();
  CgroupLayout layout_;
  std::unique_ptr<KernelCgroup> cgroup_;
  std::unique_ptr<UndoJournal> journal_;
  std::unique_ptr<CommandExecutor> executor_;
  std::unique_ptr<CgroupIndex> index_;
  std::unique_ptr<CgroupSampler> sampler_;
  std::unique_ptr<BusyProcess> busy_;
  std::uint64_t last_id_ = 0;
};

TEST_F(CgroupKernel, the_sampler_reports_what_a_busy_process_uses) {
  start_busy_process();
  ASSERT_TRUE(wait_until([&] { return busy_->cpu() > milliseconds(500); }));
  const auto least = busy_->cpu();
  const WorkloadSample seen = sample();
  const auto most = busy_->cpu();
  ASSERT_TRUE(seen.cpu_usage);
  // The kernel brings a running task's share up to date at its clock tick, of 10 ms at most.
  EXPECT_GE(*seen.cpu_usage, least - milliseconds(50));
  EXPECT_LE(*seen.cpu_usage, most + milliseconds(50));
  EXPECT_EQ(seen.cgroup_id, cgroup_->target().id);
  ASSERT_TRUE(seen.cpu_max_millicores);
  EXPECT_EQ(*seen.cpu_max_millicores, std::nullopt);
  ASSERT_TRUE(seen.memory_max);
  EXPECT_EQ(*seen.memory_max, std::nullopt);
  EXPECT_TRUE(seen.memory_current);
  EXPECT_TRUE(seen.memory_working_set);
  EXPECT_TRUE(seen.oom_kills);
}

TEST_F(CgroupKernel, the_process_sampler_names_the_cgroup_of_a_busy_process) {
  start_busy_process();
  CgroupIndex index(layout_.workload_root(), 10'000);
  const auto files = ProcProcesses::make(layout_.workloads_in_v1(), index);
  ASSERT_TRUE(files) << files.error().message();
  ProcessSampler processes([&](std::vector<ProcessUse>& into) { return (*files)->look(into); },
                           100'000);
  ResourceSample all;
  processes.sample(BootTime(seconds(1)), all);
  const auto found = std::ranges::find(all.processes, static_cast<std::uint32_t>(busy_->pid()),
                                       [](const auto& one) { return one.process.pid; });
  ASSERT_NE(found, all.processes.end());
  EXPECT_EQ(found->cgroup_id, cgroup_->target().id);
}

TEST_F(CgroupKernel, a_cpu_limit_throttles_and_is_undone) {
  start_busy_process();
  const ActionOutcome outcome = adjust(Knob::cpu_max, 300);
  ASSERT_EQ(outcome.status, ActionStatus::applied) << outcome.detail;
  EXPECT_EQ(outcome.before, std::nullopt);
  EXPECT_EQ(outcome.after, 300u);
  EXPECT_EQ(cgroup_->read("cpu", cpu_file()), cpu_text(300));

  const auto begin = std::chrono::steady_clock::now();
  const WorkloadSample first = sample();
  WorkloadSample last;
  ASSERT_TRUE(wait_until([&] {
    last = sample();
    return *last.throttled_periods >= *first.throttled_periods + 10;
  }));
  EXPECT_GT(*last.cpu_throttled, *first.cpu_throttled);
  EXPECT_EQ(last.cpu_max_millicores, std::optional<std::uint64_t>(300));
  // An upper bound, so it holds on a slow host too: three tenths of a core, and a period at each
  // end.
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  EXPECT_LE(*last.cpu_usage - *first.cpu_usage, elapsed * 3 / 10 + milliseconds(100));

  EXPECT_EQ(restore(Knob::cpu_max).status, ActionStatus::applied);
  EXPECT_EQ(cgroup_->read("cpu", cpu_file()), cpu_text(std::nullopt));
}

TEST_F(CgroupKernel, a_weight_is_written_read_back_and_undone) {
  const std::string file = v1() ? "cpu.shares" : "cpu.weight";
  EXPECT_EQ(adjust(Knob::cpu_weight, 200).after, 200u);
  EXPECT_EQ(cgroup_->read("cpu", file), v1() ? "2048" : "200");
  EXPECT_EQ(restore(Knob::cpu_weight).status, ActionStatus::applied);
  EXPECT_EQ(cgroup_->read("cpu", file), v1() ? "1024" : "100");
}

TEST_F(CgroupKernel, a_memory_limit_is_written_read_back_and_undone) {
  start_busy_process();
  const std::string unlimited = cgroup_->read("memory", memory_file());
  const ActionOutcome outcome = adjust(Knob::memory_max, 64 * kMiB);
  ASSERT_EQ(outcome.status, ActionStatus::applied) << outcome.detail;
  EXPECT_EQ(outcome.after, 64 * kMiB);
  EXPECT_EQ(cgroup_->read("memory", memory_file()), fmt::format("{}", 64 * kMiB));
  EXPECT_EQ(sample().memory_max, std::optional(Bytes{64 * kMiB}));
  EXPECT_EQ(restore(Knob::memory_max).status, ActionStatus::applied);
  EXPECT_EQ(cgroup_->read("memory", memory_file()), unlimited);
}

TEST_F(CgroupKernel, memory_high_is_set_where_there_is_one) {
  const ActionOutcome outcome = adjust(Knob::memory_high, 64 * kMiB);
  if (layout_.is_v1("memory")) {
    EXPECT_EQ(outcome.refusal, Refusal::unsupported_knob);
  } else {
    EXPECT_EQ(outcome.status, ActionStatus::applied) << outcome.detail;
    EXPECT_EQ(cgroup_->read("memory", "memory.high"), fmt::format("{}", 64 * kMiB));
    EXPECT_EQ(restore(Knob::memory_high).status, ActionStatus::applied);
    EXPECT_EQ(cgroup_->read("memory", "memory.high"), "max");
  }
}

TEST_F(CgroupKernel, a_value_that_the_kernel_rounds_is_told_as_it_became) {
  const ActionOutcome outcome = adjust(Knob::memory_max, 64 * kMiB + 1);
  EXPECT_EQ(outcome.status, ActionStatus::applied);
  EXPECT_EQ(outcome.after, 64 * kMiB);
  EXPECT_FALSE(outcome.detail.empty());
}

TEST_F(CgroupKernel, a_cgroup_that_was_replaced_is_refused) {
  const CgroupTarget before = cgroup_->target();
  cgroup_->replace();
  ASSERT_NE(cgroup_->target().id, before.id);
  EXPECT_EQ(execute(Adjustment{before, Knob::cpu_max, 300}).refusal, Refusal::cgroup_replaced);
  EXPECT_EQ(execute(Adjustment{before, Knob::memory_max, 64 * kMiB}).refusal,
            Refusal::cgroup_replaced);
  EXPECT_EQ(cgroup_->read("cpu", cpu_file()), cpu_text(std::nullopt));
}

TEST_F(CgroupKernel, a_cgroup_replaced_after_an_adjustment_is_not_restored_into) {
  ASSERT_EQ(adjust(Knob::cpu_max, 300).status, ActionStatus::applied);
  const CgroupTarget before = cgroup_->target();
  cgroup_->replace();
  cgroup_->write("cpu", cpu_file(), cpu_text(700));
  EXPECT_EQ(execute(Restoration{before, Knob::cpu_max}).status, ActionStatus::applied);
  EXPECT_EQ(cgroup_->read("cpu", cpu_file()), cpu_text(700));
  EXPECT_TRUE(journal_->entries().empty());
}

TEST_F(CgroupKernel, floor_time_to_live_and_epoch_are_refused_and_nothing_is_written) {
  start_busy_process();
  const CgroupTarget target = cgroup_->target();
  EXPECT_EQ(execute(Adjustment{target, Knob::cpu_max, 49}).refusal, Refusal::below_floor);
  EXPECT_EQ(execute(Adjustment{target, Knob::memory_max, kMiB}).refusal, Refusal::below_floor);
  EXPECT_EQ(execute(Adjustment{target, Knob::cpu_max, 300}, 1, seconds(0)).refusal,
            Refusal::expired);
  EXPECT_EQ(cgroup_->read("cpu", cpu_file()), cpu_text(std::nullopt));
  ASSERT_EQ(execute(Adjustment{target, Knob::cpu_max, 500}, 7).status, ActionStatus::applied);
  EXPECT_EQ(execute(Adjustment{target, Knob::cpu_max, 300}, 6).refusal, Refusal::old_epoch);
  EXPECT_EQ(cgroup_->read("cpu", cpu_file()), cpu_text(500));
}

TEST_F(CgroupKernel, what_is_not_allowed_stays_as_it_is) {
  const auto root = CgroupIndex(layout_.workload_root(), 1).id_of("/");
  ASSERT_TRUE(root);
  EXPECT_EQ(execute(Adjustment{{"/", *root}, Knob::cpu_weight, 200}).refusal,
            Refusal::protected_cgroup);
  EXPECT_EQ(execute(Adjustment{{"/foreshock-elsewhere", 1}, Knob::cpu_max, 300}).refusal,
            Refusal::not_allowed);
}

TEST_F(CgroupKernel, after_a_crash_the_journal_puts_everything_back) {
  ASSERT_EQ(adjust(Knob::cpu_max, 300).status, ActionStatus::applied);
  ASSERT_EQ(adjust(Knob::memory_max, 64 * kMiB).status, ActionStatus::applied);
  make_executor();
  const auto outcomes = executor_->restore_all(kNow);
  ASSERT_EQ(outcomes.size(), 2u);
  for (const auto& outcome : outcomes)
    EXPECT_EQ(outcome.status, ActionStatus::applied) << outcome.detail;
  EXPECT_EQ(cgroup_->read("cpu", cpu_file()), cpu_text(std::nullopt));
  EXPECT_TRUE(journal_->entries().empty());
}

TEST_F(CgroupKernel, v1_says_which_parent_allows_less) {
  if (!v1()) GTEST_SKIP() << "needs cgroup v1: v2 lets a child ask for more than its parent has";
  KernelCgroup child(layout_, path_ + "/child");
  ASSERT_TRUE(child.made());
  cgroup_->write("cpu", cpu_file(), cpu_text(200));
  const ActionOutcome outcome = execute(Adjustment{child.target(), Knob::cpu_max, 300});
  EXPECT_EQ(outcome.status, ActionStatus::failed);
  EXPECT_NE(outcome.detail.find("Invalid argument"), std::string::npos) << outcome.detail;
  EXPECT_NE(outcome.detail.find(path_ + " allows 200m"), std::string::npos) << outcome.detail;
  EXPECT_EQ(child.read("cpu", cpu_file()), cpu_text(std::nullopt));
  EXPECT_TRUE(journal_->entries().empty());
}

TEST_F(CgroupKernel, restore_all_takes_parents_and_children_in_an_order_that_v1_accepts) {
  if (!v1()) cgroup_->write("cpu", "cgroup.subtree_control", "+cpu");
  KernelCgroup child(layout_, path_ + "/child");
  ASSERT_TRUE(child.has("cpu", cpu_file()));
  cgroup_->write("cpu", cpu_file(), cpu_text(200));
  child.write("cpu", cpu_file(), cpu_text(100));
  ASSERT_EQ(adjust(Knob::cpu_max, 800).status, ActionStatus::applied);
  ASSERT_EQ(execute(Adjustment{child.target(), Knob::cpu_max, 700}).status, ActionStatus::applied);
  for (const auto& outcome : executor_->restore_all(kNow)) {
    EXPECT_EQ(outcome.status, ActionStatus::applied) << outcome.detail;
  }
  EXPECT_EQ(cgroup_->read("cpu", cpu_file()), cpu_text(200));
  EXPECT_EQ(child.read("cpu", cpu_file()), cpu_text(100));
}

TEST_F(CgroupKernel, v1_says_that_the_limit_on_memory_and_swap_is_in_the_way) {
  if (!layout_.is_v1("memory") || !cgroup_->has("memory", "memory.memsw.limit_in_bytes")) {
    GTEST_SKIP() << "needs memory.memsw.limit_in_bytes of cgroup v1";
  }
  cgroup_->write("memory", memory_file(), fmt::format("{}", 32 * kMiB));
  cgroup_->write("memory", "memory.memsw.limit_in_bytes", fmt::format("{}", 64 * kMiB));
  const ActionOutcome outcome = adjust(Knob::memory_max, 128 * kMiB);
  EXPECT_EQ(outcome.status, ActionStatus::failed);
  EXPECT_NE(outcome.detail.find("memory.memsw.limit_in_bytes is 64.0 MiB"), std::string::npos)
      << outcome.detail;
  EXPECT_EQ(outcome.after, 32 * kMiB);
  EXPECT_EQ(adjust(Knob::memory_max, 64 * kMiB).status, ActionStatus::applied);
}

}  // namespace
}  // namespace foreshock::agent

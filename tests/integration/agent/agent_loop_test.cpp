// A whole agent from fakes, turned by hand: replayed events, a spool in memory, an uplink into a
// vector.

#include "agent/agent_loop.h"

#include <algorithm>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "agent/capture/replay_event_source.h"
#include "agent/spool/memory_spool.h"
#include "agent/uplink/list_uplink.h"
#include "common/os/file.h"
#include "common/wire/codec.h"
#include "tests/support/temp_dir.h"

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Refuses until it is told otherwise.
class StubbornSpool final : public Spool {
 public:
  Incarnation incarnation() const override { return spool_.incarnation(); }
  Result<std::uint64_t> append(ByteView payload) override {
    if (full) return Error(ErrorCode::exhausted, "append: No space left on device");
    return spool_.append(payload);
  }
  Result<std::optional<SpoolEntry>> next_after(std::uint64_t sequence) override {
    return spool_.next_after(sequence);
  }
  Result<void> release_through(std::uint64_t sequence) override {
    return spool_.release_through(sequence);
  }
  SpoolStats stats() const override { return spool_.stats(); }

  bool full = false;

 private:
  MemorySpool spool_;
};

class OneHostSample final : public ResourceSampler {
 public:
  void sample(BootTime now, ResourceSample& into) override {
    HostSample host;
    host.time = now;
    host.cpu_count = 4;
    into.host = host;
  }
};

ProcessFacts facts_of(std::uint32_t pid) {
  ProcessFacts facts;
  facts.process = {pid, BootTime(seconds(100))};
  facts.comm = "x";
  return facts;
}

class AgentLoopTest : public testing::Test {
 protected:
  AgentLoopTest() {
    AgentLoop::Options options;
    options.host_name = "h";
    options.boot_id = {{1, 2}};
    options.public_key = "key";
    options.storm = {.per_second = 10, .burst = 100};
    options.budget.windows_to_save = 1;
    options.budget.max_memory = Bytes{1};  // less than any process has
    options.budget.window = seconds(30);
    std::vector<std::unique_ptr<ResourceSampler>> samplers;
    samplers.push_back(std::make_unique<OneHostSample>());
    loop_ = std::make_unique<AgentLoop>(options, AgentLoop::Parts{.capture = *capture_,
                                                                  .source_name = "replay",
                                                                  .cgroups = cgroups_,
                                                                  .identities = identities_,
                                                                  .samplers = std::move(samplers),
                                                                  .spool = spool_,
                                                                  .uplink = uplink_,
                                                                  .executor = executor_,
                                                                  .journal = *journal_,
                                                                  .reflexes = reflexes_,
                                                                  .metrics = metrics_,
                                                                  .status = status_,
                                                                  .clock = clock_,
                                                                  .binaries = &binaries_});
  }

  void add_exec(std::uint32_t pid, const std::vector<std::string>& words) {
    ExecEvent event;
    event.time = BootTime(seconds(101));
    event.facts = facts_of(pid);
    event.filename = "/usr/bin/" + words.at(0);
    event.argv = make_argv(words);
    source_.add(event);
  }
  void add_exit(std::uint32_t pid) {
    ExitEvent event;
    event.time = BootTime(seconds(102));
    event.facts = facts_of(pid);
    event.use.cpu = milliseconds(5);
    source_.add(event);
  }

  /// One turn of the capture thread, on this one.
  void capture() {
    std::stop_source stop;
    stop.request_stop();
    capture_->run(stop.get_token());
  }
  void tick() {
    clock_.advance(seconds(1));
    loop_->on_tick();
  }

  template <typename Message>
  std::vector<Message> sent() const {
    std::vector<Message> found;
    for (const auto& message : uplink_.sent) {
      if (const auto* one = std::get_if<Message>(&message)) found.push_back(*one);
    }
    return found;
  }
  std::vector<Report> reports() const {
    std::vector<Report> found;
    for (const auto& batch : sent<Batch>()) found.push_back(*decode_report(batch.payload));
    return found;
  }

  test::TempDir directory_;
  FakeClock clock_;
  ReplayEventSource source_;
  std::unique_ptr<CaptureWorker> capture_ =
      *CaptureWorker::make(source_, std::make_shared<const Redactor>(*Redactor::make({})), {});
  CgroupIndex cgroups_{directory_.path(), 16};
  IdentityTable identities_{16, [](const WorkloadIdentity&) { return std::nullopt; }};
  StubbornSpool spool_;
  ListUplink uplink_;
  std::unique_ptr<UndoJournal> journal_ =
      *UndoJournal::open(directory_ / "journal", BootId{{1, 2}});
  CommandExecutor executor_{CgroupLayout{}, {}, {}, *journal_};
  ReflexFirer firer_{clock_};
  LocalReflexes reflexes_{{"", 4, BootId{{1, 2}}}, {executor_, firer_}};
  static constexpr std::uint64_t kBinary = 77;
  BinaryCatalog binaries_{
      {},
      [](const Execution&) { return open_at(AT_FDCWD, "/proc/self/exe", O_RDONLY); },
      [](int) -> Result<BinaryProfile> {
        BinaryProfile profile;
        profile.id = kBinary;
        return profile;
      },
      clock_};
  MetricRegistry metrics_;
  Snapshot<AgentStatus> status_;
  std::unique_ptr<AgentLoop> loop_;
};

TEST_F(AgentLoopTest, reports_exec_and_exit_as_one_redacted_record) {
  add_exec(7, {"mysql", "--password=hunter2hunter2"});
  add_exit(7);
  capture();
  tick();
  const auto sent_reports = reports();
  ASSERT_EQ(sent_reports.size(), 1u);
  ASSERT_EQ(sent_reports[0].executions.size(), 1u);
  const Execution& execution = sent_reports[0].executions[0];
  EXPECT_EQ(execution.argv.words.find("hunter2"), std::string::npos);
  EXPECT_EQ(execution.end->use.cpu, milliseconds(5));
  EXPECT_EQ(sent_reports[0].samples.host->cpu_count, 4u);
}

TEST_F(AgentLoopTest, greets_each_connection_once) {
  tick();
  tick();
  EXPECT_EQ(sent<Hello>().size(), 1u);
  ++uplink_.connection_count;
  tick();
  EXPECT_EQ(sent<Hello>().size(), 2u);
  EXPECT_EQ(sent<Hello>()[0].incarnation, spool_.incarnation());
}

TEST_F(AgentLoopTest, an_ack_empties_the_spool) {
  tick();
  tick();
  EXPECT_EQ(spool_.stats().entries, 2u);
  uplink_.incoming.emplace_back(Ack{spool_.incarnation(), {1, 2}});
  loop_->on_uplink();
  EXPECT_EQ(spool_.stats().entries, 0u);
}

TEST_F(AgentLoopTest, spools_while_the_coordinator_is_away) {
  uplink_.link = LinkState::connecting;
  tick();
  tick();
  EXPECT_TRUE(uplink_.sent.empty());
  EXPECT_EQ(spool_.stats().entries, 2u);
  uplink_.link = LinkState::connected;
  tick();
  EXPECT_EQ(sent<Batch>().size(), 3u);
}

TEST_F(AgentLoopTest, what_the_spool_refuses_stays_with_the_source) {
  spool_.full = true;
  add_exec(7, {"make"});
  capture();
  tick();
  EXPECT_TRUE(sent<Batch>().empty());
  capture();
  source_.rewind_to_released();  // the agent dies: nothing was safe, so nothing was released
  EXPECT_EQ(*source_.drain([](ProcessEvent&&) { return true; }), 1u);

  spool_.full = false;
  tick();
  ASSERT_EQ(reports().size(), 2u);
  EXPECT_EQ(reports()[0].executions.size(), 1u);
  capture();
  source_.rewind_to_released();
  EXPECT_EQ(*source_.drain([](ProcessEvent&&) { return true; }), 0u);
}

TEST_F(AgentLoopTest, a_watched_exec_goes_ahead_of_its_batch) {
  uplink_.incoming.emplace_back(WatchList{1, {"nightly-export"}, {"nightly-export <path>"}, {}});
  loop_->on_uplink();
  add_exec(7, {"nightly-export", "/srv/data.csv"});
  add_exec(8, {"nightly-export", "--help"});
  add_exec(9, {"make"});
  capture();
  loop_->on_captured();
  ASSERT_EQ(sent<UrgentExec>().size(), 1u);
  EXPECT_EQ(sent<UrgentExec>()[0].execution.facts.process.pid, 7u);
  EXPECT_TRUE(sent<Batch>().empty());
  tick();
  EXPECT_EQ(reports()[0].executions.size(), 3u);
}

TEST_F(AgentLoopTest, a_coordinator_that_counts_from_one_again_is_listened_to) {
  uplink_.incoming.emplace_back(WatchList{1, {"nightly-export"}, {"nightly-export"}, {}});
  loop_->on_uplink();
  capture();
  uplink_.incoming.emplace_back(WatchList{1, {"make"}, {"make"}, {}});
  loop_->on_uplink();
  add_exec(9, {"make"});
  capture();
  loop_->on_captured();
  ASSERT_EQ(sent<UrgentExec>().size(), 1u);
  EXPECT_EQ(sent<UrgentExec>()[0].execution.facts.process.pid, 9u);
}

TEST_F(AgentLoopTest, many_events_are_taken_before_the_tick_and_told_at_it) {
  const auto is_woken = [&] {
    pollfd ready{.fd = capture_->ready_fd(), .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, 0) == 1;
  };
  add_exec(1000, {"make"});
  capture();
  EXPECT_FALSE(is_woken());
  for (std::uint32_t pid = 2000; pid < 2060; ++pid) {
    add_exec(pid, {"cc1"});
    add_exit(pid);
  }
  capture();
  EXPECT_TRUE(is_woken());
  loop_->on_captured();
  EXPECT_FALSE(is_woken());
  EXPECT_TRUE(sent<Batch>().empty());
  tick();
  EXPECT_EQ(reports()[0].executions.size(), 61u);
}

TEST_F(AgentLoopTest, a_refused_command_is_reported) {
  Command command;
  command.id = 5;
  command.epoch = 1;
  command.expires = clock_.wall_now() + seconds(10);
  command.body = Adjustment{{"/somewhere", 9}, Knob::cpu_max, 100};
  uplink_.incoming.emplace_back(command);
  loop_->on_uplink();
  tick();
  ASSERT_EQ(reports()[0].outcomes.size(), 1u);
  EXPECT_EQ(reports()[0].outcomes[0].command_id, 5u);
  EXPECT_EQ(reports()[0].outcomes[0].status, ActionStatus::refused);
  tick();
  EXPECT_TRUE(reports()[1].outcomes.empty());
}

TEST_F(AgentLoopTest, an_exec_storm_is_counted_exactly) {
  constexpr std::uint32_t kStorm = 150;
  for (std::uint32_t pid = 1; pid <= kStorm; ++pid) {
    add_exec(1000 + pid, {"cc", "x.c"});
    add_exit(1000 + pid);
  }
  capture();
  tick();
  std::size_t told = 0;
  std::size_t withheld = 0;
  std::size_t ended = 0;
  for (const auto& report : reports()) {
    told += report.executions.size();
    for (const auto& sum : report.samples.commands) {
      EXPECT_EQ(sum.signature, "cc x.c");
      withheld += sum.withheld;
      ended += sum.ended;
    }
  }
  EXPECT_GE(told, 100U);
  EXPECT_LT(told, 115U);
  EXPECT_EQ(told + withheld, kStorm);
  EXPECT_EQ(ended, kStorm);
  ASSERT_EQ(reports().back().storms.size(), 1U);
  EXPECT_EQ(reports().back().storms[0].withheld, withheld);
  EXPECT_EQ(status_.read()->withheld, withheld);
}

TEST_F(AgentLoopTest, over_its_budget_it_saves_step_by_step_and_says_so) {
  const auto run = [this](int ticks) {
    for (int i = 0; i < ticks; ++i) {
      tick();
      uplink_.incoming.emplace_back(Ack{spool_.incarnation(), {1, spool_.stats().last_sequence}});
    }
  };
  run(31);
  EXPECT_EQ(status_.read()->own.saving, Saving::argument_files);
  run(30);
  EXPECT_EQ(status_.read()->own.saving, Saving::samples);
  EXPECT_EQ(reports().back().agent.value().saving, Saving::samples);
  const auto before = reports().size();
  run(20);
  const auto later = reports();
  EXPECT_EQ(std::count_if(later.begin() + static_cast<std::ptrdiff_t>(before), later.end(),
                          [](const Report& report) { return report.samples.host.has_value(); }),
            4)
      << "every fifth";
}

TEST_F(AgentLoopTest, commands_name_their_binary_which_is_told_once) {
  for (std::uint32_t pid = 1; pid <= 2; ++pid) {
    add_exec(pid, {"make"});
    add_exit(pid);
    capture();
    tick();
    while (binaries_.open_next() || binaries_.describe_next()) {
    }
    uplink_.incoming.emplace_back(Ack{spool_.incarnation(), {1, spool_.stats().last_sequence}});
  }
  const auto told = reports();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].executions.at(0).binary, 0u) << "not looked at yet";
  EXPECT_EQ(told[1].executions.at(0).binary, kBinary);
  EXPECT_TRUE(told[0].binaries.empty());
  ASSERT_EQ(told[1].binaries.size(), 1u);
  EXPECT_EQ(told[1].binaries[0].id, kBinary);
  EXPECT_EQ(told[1].binaries[0].path, "/usr/bin/make");
}

TEST_F(AgentLoopTest, publishes_its_status) {
  add_exec(7, {"make"});
  capture();
  tick();
  const auto status = status_.read();
  EXPECT_EQ(status->host_name, "h");
  EXPECT_EQ(status->capture.source, "replay");
  EXPECT_EQ(status->recent_executions.size(), 1u);
  EXPECT_EQ(status->uplink.state, LinkState::connected);
  EXPECT_GT(status->own.rss.count, 0u);
}

}  // namespace
}  // namespace foreshock::agent

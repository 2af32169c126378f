#include "agent/capture/audit_log_event_source.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

class AuditLog : public testing::Test {
 protected:
  void SetUp() override {
    write("an old line\n");
    AuditLogEventSource::Options options;
    options.path = log_;
    options.proc_root = directory_ / "proc";
    auto made = AuditLogEventSource::make(options, clock_);
    ASSERT_TRUE(made) << made.error().message();
    source_ = *std::move(made);
  }
  void write(const std::string& text) { std::ofstream(log_, std::ios::app) << text; }
  static std::string exec(int pid) {
    const auto stamp = "msg=audit(1700000000.123:" + std::to_string(pid) + "): ";
    return "type=SYSCALL " + stamp + "success=yes ppid=1 pid=" + std::to_string(pid) +
           " auid=4294967295 uid=5 gid=6 tty=(none) ses=4294967295 comm=\"ls\" exe=\"/bin/ls\"\n" +
           "type=EXECVE " + stamp + "argc=2 a0=\"ls\" a1=\"-l\"\n" + "type=PROCTITLE " + stamp +
           "proctitle=6C73\n";
  }
  std::vector<ProcessEvent> drain() {
    std::vector<ProcessEvent> events;
    const auto drained = source_->drain([&events](ProcessEvent&& event) {
      events.push_back(std::move(event));
      return true;
    });
    EXPECT_TRUE(drained) << drained.error().message();
    return events;
  }

  test::TempDir directory_;
  std::string log_ = directory_ / "audit.log";
  FakeClock clock_;
  std::unique_ptr<AuditLogEventSource> source_;
};

TEST_F(AuditLog, gives_the_execs_that_are_appended) {
  EXPECT_TRUE(drain().empty()) << "what was there before is not ours";
  write(exec(10));
  const auto events = drain();
  ASSERT_EQ(events.size(), 1u);
  const auto& event = std::get<ExecEvent>(events[0]);
  EXPECT_EQ(event.facts.process.pid, 10u);
  EXPECT_EQ(event.facts.identity.uid, 5u);
  EXPECT_EQ(event.argv, make_argv({"ls", "-l"}));
  EXPECT_EQ(source_->stats().execs, 1u);
}

TEST_F(AuditLog, waits_for_the_end_of_a_line) {
  const auto text = exec(10);
  write(text.substr(0, text.size() - 20));
  EXPECT_TRUE(drain().empty());
  write(text.substr(text.size() - 20));
  EXPECT_EQ(drain().size(), 1u);
}

TEST_F(AuditLog, is_followed_when_it_is_rotated) {
  write(exec(10));
  std::filesystem::rename(log_, log_ + ".1");
  write(exec(11));
  EXPECT_EQ(drain().size(), 2u) << "the rest of the old one and the new one";
  std::filesystem::resize_file(log_, 0);
  write(exec(12));
  drain();
  write(exec(13));
  EXPECT_EQ(std::get<ExecEvent>(drain().back()).facts.process.pid, 13u);
}

TEST_F(AuditLog, keeps_what_the_receiver_does_not_take) {
  write(exec(10) + exec(11));
  const auto drained = source_->drain([](ProcessEvent&&) { return false; });
  ASSERT_TRUE(drained);
  EXPECT_EQ(*drained, 0u);
  EXPECT_EQ(drain().size(), 2u);
}

TEST_F(AuditLog, notices_ends_of_which_nothing_is_known) {
  write(exec(10));
  drain();
  clock_.advance(2s);
  const auto events = drain();
  ASSERT_EQ(events.size(), 1u);
  const auto& exit = std::get<ExitEvent>(events[0]);
  EXPECT_EQ(exit.facts.process.pid, 10u);
  EXPECT_FALSE(exit.status_known);
  EXPECT_FALSE(exit.use_known);
}

TEST_F(AuditLog, that_is_missing_is_named) {
  AuditLogEventSource::Options options;
  options.path = directory_ / "missing.log";
  const auto made = AuditLogEventSource::make(options, clock_);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message().find("missing.log"), std::string::npos);
}

}  // namespace
}  // namespace foreshock::agent

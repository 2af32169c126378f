#include "agent/event_lines/event_filter.h"

#include <chrono>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

class EventFilterTest : public testing::Test {
 protected:
  EventFilterTest() {
    facts_.identity = {.uid = 0, .gid = 0, .login_uid = 1000, .session_id = 3};
    facts_.comm = "pg_dump";
    identity_.unit = "backup.service";
    identity_.container_name = "db";
  }
  bool matches(const EventFilter& filter) const {
    return filter.matches(facts_, argv_, "/system.slice/backup.service", identity_);
  }
  ProcessFacts facts_;
  Argv argv_ = make_argv({"pg_dump", "-Fc", "shop"});
  WorkloadIdentity identity_;
};

TEST_F(EventFilterTest, without_conditions_takes_everything) {
  EXPECT_TRUE(EventFilter().is_empty());
  EXPECT_TRUE(matches({}));
}

TEST_F(EventFilterTest, finds_who_logged_in_behind_sudo) {
  EXPECT_TRUE(matches({.uid = 0}));
  EXPECT_TRUE(matches({.uid = 1000}));
  EXPECT_FALSE(matches({.uid = 1001}));
}

TEST_F(EventFilterTest, looks_at_unit_container_and_cgroup) {
  for (const char* unit :
       {"backup", "backup.service", "db", "/system.slice", "backup*", "/system*"})
    EXPECT_TRUE(matches({.unit = unit})) << unit;
  EXPECT_FALSE(matches({.unit = "nginx"}));
  EXPECT_FALSE(matches({.unit = "*.scope"})) << "a pattern is about the whole";
}

TEST_F(EventFilterTest, looks_at_the_command_line) {
  for (const char* command : {"dump", "-Fc shop", "pg_dump*", "*shop"})
    EXPECT_TRUE(matches({.command = command})) << command;
  EXPECT_FALSE(matches({.command = "dump*"}));
  argv_ = {};
  EXPECT_TRUE(matches({.command = "pg_dump"})) << "its comm, where there is no command line";
}

TEST_F(EventFilterTest, leaves_out_what_ended_too_soon) {
  Execution ended;
  ended.exec_time = BootTime(10s);
  ended.end = ExecutionEnd{.time = BootTime(12s), .wait_status = 0, .use = {}};
  EXPECT_TRUE(EventFilter{.min_duration = 2s}.matches_end(ended));
  EXPECT_FALSE(EventFilter{.min_duration = 3s}.matches_end(ended));
}

}  // namespace
}  // namespace foreshock::agent

#include "agent/schedule/at_jobs.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

TEST(AtJobs, say_in_their_names_when_they_run) {
  EXPECT_EQ(parse_at_job_name("a0000301c5b2a0"),
            (AtJobName{'a', 3, TimeZone::Seconds(std::chrono::minutes(0x01c5b2a0))}));
  EXPECT_EQ(parse_at_job_name("b000ff01c5b2a0")->number, 255u);
  for (const char* name : {"=0000301c5b2a0", "a0000301c5b2a", "a0000301c5b2a00", "a0000g01c5b2a0",
                           ".SEQ", "", "10000301c5b2a0", "a-000301c5b2a0"}) {
    EXPECT_FALSE(parse_at_job_name(name)) << name;
  }
}

// As at 3.2 of Debian 12 writes them.
const std::string kHead =
    "#!/bin/sh\n# atrun uid=1000 gid=1000\n# mail ann 0\numask 22\nHOME=/home/ann; export HOME\n"
    "cd /home/ann || {\n\t echo 'Execution directory inaccessible' >&2\n\t exit 1\n}\n";

TEST(AtJobs, have_their_command_after_the_environment) {
  EXPECT_EQ(parse_at_job_command(kHead + "/srv/report --monthly\n\n"), "/srv/report --monthly");
  EXPECT_EQ(parse_at_job_command(kHead + "${SHELL:-/bin/sh} << 'marcinDELIMITER1234abcd'\na\nb\n"
                                         "marcinDELIMITER1234abcd\n"),
            "a\nb");
  EXPECT_EQ(parse_at_job_command("just this\n"), "just this");
  EXPECT_EQ(parse_at_job_command(""), "");
}

}  // namespace
}  // namespace foreshock::agent

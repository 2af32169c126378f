// The agent starts a program of its own to take a binary apart.

#include "agent/binaries/confined_profile.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/binaries/confinement.h"
#include "agent/binaries/elf_profile.h"
#include "common/os/file.h"
#include "tests/support/temp_dir.h"

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;

TEST(ConfinedProfile, is_the_same_as_without_confinement) {
  const auto file = open_at(AT_FDCWD, FORESHOCK_AGENT_BINARY, O_RDONLY);
  ASSERT_TRUE(file);
  const auto confined = profile_confined(file->get(), {.program = FORESHOCK_AGENT_BINARY});
  ASSERT_TRUE(confined) << confined.error().message();
  EXPECT_EQ(*confined, *profile_elf(file->get()));
}

TEST(ConfinedProfile, says_what_is_no_program) {
  const auto file = open_at(AT_FDCWD, "/etc/passwd", O_RDONLY);
  ASSERT_TRUE(file);
  const auto profile = profile_confined(file->get(), {.program = FORESHOCK_AGENT_BINARY});
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code(), ErrorCode::unsupported);
}

TEST(ConfinedProfile, does_not_wait_for_ever_and_takes_no_nonsense) {
  const auto file = open_at(AT_FDCWD, FORESHOCK_AGENT_BINARY, O_RDONLY);
  ASSERT_TRUE(file);
  const test::TempDir directory;
  const auto child = [&](const std::string& name, const std::string& script) {
    const std::string path = directory.path() + "/" + name;
    const std::string text = "#!/bin/sh\n" + script + "\n";
    EXPECT_TRUE(replace_file(path, std::as_bytes(std::span(text)), 0700));
    return profile_confined(file->get(), {.program = path, .patience = milliseconds(500)});
  };
  EXPECT_EQ(child("slow", "exec sleep 60").error().code(), ErrorCode::unavailable);
  EXPECT_EQ(child("dead", "kill -SEGV $$").error().code(), ErrorCode::unavailable);
  EXPECT_EQ(child("chatty", "exec cat /dev/zero").error().code(), ErrorCode::unavailable);
  EXPECT_EQ(child("liar", "echo nonsense").error().code(), ErrorCode::corrupt);
  EXPECT_FALSE(profile_confined(file->get(), {.program = "/nonexistent"}));
}

/// In a child, because it is for good.
TEST(ConfinedProfile, a_confined_process_opens_nothing_and_starts_nothing) {
  EXPECT_EXIT(
      {
        const bool confined = confine_this_process().has_value();
        const bool opened = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0;
        const bool connected = ::socket(AF_INET, SOCK_STREAM, 0) >= 0;
        const bool forked = ::fork() >= 0;
        ::_exit(confined && !opened && !connected && !forked ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace foreshock::agent

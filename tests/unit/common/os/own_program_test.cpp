#include "common/os/own_program.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace foreshock {

TEST(OwnProgram, is_beside_the_running_one_or_where_such_programs_are_installed) {
  const auto running = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_EQ(find_own_program(running.filename().string()), running.string());
  EXPECT_TRUE(find_own_program("no-such-program").ends_with("/libexec/foreshock/no-such-program"));
}

}  // namespace foreshock

#include "common/text/progress.h"

#include <sstream>

#include <gtest/gtest.h>

namespace foreshock {
namespace {

using namespace std::chrono_literals;

TEST(Progress, tells_the_share_and_the_time_left) {
  EXPECT_EQ(format_progress("reading", 25, 100, 10s),
            "reading  [######------------------]  25 %  30 s left");
  EXPECT_EQ(format_progress("reading", 0, 100, 10s), "reading  [------------------------]   0 %");
  EXPECT_EQ(format_progress("reading", 120, 100, 10s),
            "reading  [########################] 100 %  0 ms left");
  EXPECT_EQ(format_progress("reading", 7, 0, 10s), "reading  7");
}

TEST(Progress, draws_on_a_terminal_only_and_leaves_nothing_behind) {
  std::ostringstream terminal;
  std::ostringstream file;
  {
    Progress on_terminal(terminal, {.width = 80}, "reading", 4);
    Progress in_file(file, {}, "reading", 4);
    on_terminal.set_done(2);
    in_file.set_done(2);
  }
  EXPECT_EQ(terminal.str(), "\r\x1b[Kreading  [############------------]  50 %\r\x1b[K");
  EXPECT_EQ(file.str(), "");
}

}  // namespace
}  // namespace foreshock

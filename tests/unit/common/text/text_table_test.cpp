#include "common/text/text_table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace foreshock {

namespace {

constexpr auto kRight = TextColumn::Align::right;

TextTable make_table() {
  TextTable table({{"HOST"}, {"CORES", kRight}, {"COMMAND"}});
  table.add_row({"größe", "0.5", "pg_dump -Fc <db>"});
  table.add_row({"b", "12.25", "true"});
  return table;
}

}  // namespace

TEST(TextTable, aligns_words_left_and_numbers_right) {
  EXPECT_EQ(make_table().render({}),
            "HOST   CORES  COMMAND\n"
            "größe    0.5  pg_dump -Fc <db>\n"
            "b      12.25  true\n");
}

TEST(TextTable, cuts_the_widest_column_of_words_to_the_terminal) {
  EXPECT_EQ(make_table().render({.width = 24}),
            "HOST   CORES  COMMAND\n"
            "größe    0.5  pg_dump -…\n"
            "b      12.25  true\n");
}

TEST(TextTable, keeps_something_of_every_column_on_a_tiny_terminal) {
  EXPECT_EQ(make_table().render({.width = 5}),
            "HOST   CORES  COMMAND\n"
            "größe    0.5  pg_dump…\n"
            "b      12.25  true\n");
}

TEST(TextTable, shows_hostile_cells_without_obeying_them) {
  TextTable table({{"ARGV"}});
  table.add_row({"\x1b]0;owned\x07"});
  EXPECT_EQ(table.render({}), "ARGV\n\\x1b]0;owned\\x07\n");
}

TEST(TextTable, colours_only_when_the_style_says_so) {
  TextTable table({{"A"}, {"B"}});
  table.add_row({{"x", Tint::bad}, "y"});
  EXPECT_EQ(table.render({}).find('\x1b'), std::string::npos);
  EXPECT_EQ(table.render({.width = 80, .colour = true}),
            "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
}

TEST(TextStyle, has_no_width_and_no_colour_off_a_terminal) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto style = read_text_style(ends[1]);
  EXPECT_FALSE(style.width);
  EXPECT_FALSE(style.colour);
  close(ends[0]);
  close(ends[1]);
}

TEST(TextStyle, takes_the_terminals_width_and_respects_no_color) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
    GTEST_SKIP() << "needs a pseudo-terminal";
  char name[128];
  ASSERT_EQ(ptsname_r(terminal, name, sizeof name), 0);
  const int fd = open(name, O_RDWR | O_NOCTTY);
  ASSERT_GE(fd, 0);
  const winsize size{.ws_row = 10, .ws_col = 33, .ws_xpixel = 0, .ws_ypixel = 0};
  ASSERT_EQ(ioctl(fd, TIOCSWINSZ, &size), 0);
  unsetenv("NO_COLOR");
  EXPECT_EQ(read_text_style(fd).width, 33u);
  EXPECT_TRUE(read_text_style(fd).colour);
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(read_text_style(fd).colour);
  unsetenv("NO_COLOR");
  close(fd);
  close(terminal);
}

}  // namespace foreshock

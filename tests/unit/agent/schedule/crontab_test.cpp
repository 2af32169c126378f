#include "agent/schedule/crontab.h"

#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

TEST(Crontab, of_the_system_names_users) {
  const auto crontab = parse_crontab(
      "# /etc/crontab\n"
      "SHELL=/bin/sh\n"
      "PATH = \"/usr/bin:/bin\"\n"
      "\n"
      "17 *\t* * *   root    cd / && run-parts --report /etc/cron.hourly\n"
      "  25 6 * * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report "
      "/etc/cron.daily; }\r\n"
      "@reboot www /srv/start\n",
      true);
  ASSERT_EQ(crontab.entries.size(), 3u);
  EXPECT_TRUE(crontab.problems.empty());
  EXPECT_EQ(crontab.entries[0].line, 5u);
  EXPECT_EQ(crontab.entries[0].user, "root");
  EXPECT_EQ(crontab.entries[0].command, "cd / && run-parts --report /etc/cron.hourly");
  EXPECT_TRUE(crontab.entries[1].command.ends_with("/etc/cron.daily; }"));
  EXPECT_FALSE(crontab.entries[2].schedule);
  EXPECT_EQ(crontab.entries[2].user, "www");
}

TEST(Crontab, of_a_user_has_no_user_field) {
  const auto crontab = parse_crontab("@daily /home/ann/backup --all\n*/5 * * * * a b c", false);
  ASSERT_EQ(crontab.entries.size(), 2u);
  EXPECT_EQ(crontab.entries[0].command, "/home/ann/backup --all");
  EXPECT_EQ(crontab.entries[1].command, "a b c");
}

TEST(Crontab, ends_a_command_at_the_first_bare_percent) {
  const auto crontab =
      parse_crontab("0 0 * * * mail ann%hello%there\n0 0 * * * date +\\%F > \\%x % input\n", false);
  ASSERT_EQ(crontab.entries.size(), 2u);
  EXPECT_EQ(crontab.entries[0].command, "mail ann");
  EXPECT_EQ(crontab.entries[1].command, "date +%F > %x");
}

TEST(Crontab, applies_a_time_zone_to_what_follows) {
  const auto crontab = parse_crontab(
      "0 1 * * * a\nCRON_TZ=America/New_York\n0 1 * * * b\nCRON_TZ=\"Asia/Tokyo\"\n0 1 * * * c\n",
      false);
  ASSERT_EQ(crontab.entries.size(), 3u);
  EXPECT_EQ(crontab.entries[0].time_zone, "");
  EXPECT_EQ(crontab.entries[1].time_zone, "America/New_York");
  EXPECT_EQ(crontab.entries[2].time_zone, "Asia/Tokyo");
}

TEST(Crontab, names_the_lines_that_are_wrong) {
  const auto crontab =
      parse_crontab("0 25 * * * a\n0 0 * * *\n0 0 * * * root\nok=1\n0 0 * * * root x\n", true);
  ASSERT_EQ(crontab.problems.size(), 3u);
  EXPECT_EQ(crontab.problems[0].line, 1u);
  EXPECT_EQ(crontab.problems[2].line, 3u) << "a user and nothing else";
  EXPECT_EQ(crontab.entries.size(), 1u);
}

TEST(Crontab, finds_the_directory_of_run_parts) {
  EXPECT_EQ(run_parts_directory("cd / && run-parts --report /etc/cron.hourly"), "/etc/cron.hourly");
  EXPECT_EQ(run_parts_directory("test -x /usr/sbin/anacron || { cd / && run-parts --report "
                                "/etc/cron.daily; }"),
            "/etc/cron.daily");
  EXPECT_EQ(run_parts_directory("/srv/backup"), "");
  EXPECT_EQ(run_parts_directory("run-parts"), "");
  EXPECT_TRUE(is_run_parts_name("apt-compat"));
  EXPECT_FALSE(is_run_parts_name("backup.sh"));
  EXPECT_FALSE(is_run_parts_name(".placeholder"));
}

}  // namespace
}  // namespace foreshock::agent

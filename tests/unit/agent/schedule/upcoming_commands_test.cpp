#include "agent/schedule/upcoming_commands.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"
#include "tests/unit/agent/schedule/zone_file.h"

namespace foreshock::agent {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class ListTimers final : public TimerSource {
 public:
  Result<std::vector<UpcomingCommand>> read_timers() override { return answer; }
  Result<std::vector<UpcomingCommand>> answer = std::vector<UpcomingCommand>{};
};

class UpcomingCommandsTest : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text, bool executable = false) {
    const fs::path file = root_ / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    if (executable) fs::permissions(file, fs::perms::owner_all);
  }
  UpcomingCommands::Listing list(std::size_t most = 100) {
    UpcomingCommands commands({root_.path(), most}, timers_, [](const std::string& command) {
      const auto secret = command.find("hunter2");
      return secret == std::string::npos ? command : command.substr(0, secret) + "<redacted>";
    });
    return commands.list(now_);
  }

  test::TempDir root_;
  ListTimers timers_;
  WallTime now_ = at(2026, 1, 15, 10, 30);
};

TEST_F(UpcomingCommandsTest, come_from_crontabs_at_jobs_and_timers_in_the_order_of_time) {
  fs::create_directories(fs::path(root_ / "run/systemd/system"));
  timers_.answer = std::vector<UpcomingCommand>{{.time = now_ + 2h,
                                                 .source = ScheduleSource::systemd_timer,
                                                 .name = "backup.timer",
                                                 .user = "root",
                                                 .command = "/usr/bin/backup",
                                                 .period = {}}};
  write("etc/crontab", "0 * * * * root /srv/hourly\n");
  write("etc/cron.d/export", "45 10 * * * app /srv/export --password hunter2\n");
  write("etc/cron.d/ignored.bak", "* * * * * root /no\n");
  write("var/spool/cron/crontabs/ann", "0 12 * * * /home/ann/noon\n");
  char name[16];
  std::snprintf(
      name, sizeof name, "a00007%08x",
      static_cast<unsigned>(
          std::chrono::floor<std::chrono::minutes>(now_ + 1h).time_since_epoch().count()));
  write(std::string("var/spool/cron/atjobs/") + name, "/srv/once\n");
  const auto listing = list();
  ASSERT_EQ(listing.commands.size(), 5u);
  EXPECT_TRUE(listing.problems.empty());
  EXPECT_EQ(listing.commands[0].command, "/srv/export --password <redacted>");
  EXPECT_EQ(listing.commands[0].name, "/etc/cron.d/export:1");
  EXPECT_EQ(listing.commands[0].user, "app");
  EXPECT_EQ(listing.commands[0].period, 24h);
  EXPECT_EQ(listing.commands[1].command, "/srv/hourly");
  EXPECT_EQ(listing.commands[2].name, "at job 7");
  EXPECT_EQ(listing.commands[2].time, now_ + 1h);
  EXPECT_EQ(listing.commands[3].user, "ann");
  EXPECT_EQ(listing.commands[4].name, "backup.timer");
}

TEST_F(UpcomingCommandsTest, name_the_scripts_of_run_parts) {
  write("etc/crontab",
        "17 * * * * root cd / && run-parts --report /etc/cron.hourly\n"
        "25 6 * * * root test -x /usr/sbin/anacron || run-parts /etc/cron.daily\n");
  write("etc/cron.hourly/sync", "#!/bin/sh\n", true);
  write("etc/cron.hourly/notes.txt", "", true);
  write("etc/cron.hourly/off", "#!/bin/sh\n");
  write("etc/cron.daily/logrotate", "#!/bin/sh\n", true);
  auto listing = list();
  ASSERT_EQ(listing.commands.size(), 2u);
  EXPECT_EQ(listing.commands[0].command, "/etc/cron.hourly/sync");
  EXPECT_EQ(listing.commands[1].command, "/etc/cron.daily/logrotate");
  write("usr/sbin/anacron", "");
  EXPECT_EQ(list().commands.size(), 1u) << "anacron does it, at a time of its own";
}

TEST_F(UpcomingCommandsTest, follow_the_time_zone_of_the_host_and_of_the_table) {
  write("etc/localtime", zone_file("CET-1CEST,M3.5.0,M10.5.0/3", 3600));
  write("usr/share/zoneinfo/Asia/Tokyo", zone_file("JST-9", 32400));
  write("etc/crontab",
        "0 12 * * * root a\nCRON_TZ=Asia/Tokyo\n0 12 * * * root b\n"
        "CRON_TZ=No/Where\n0 12 * * * root c\n");
  const auto listing = list();
  ASSERT_EQ(listing.commands.size(), 3u);
  EXPECT_EQ(listing.commands[0].time, WallTime(at(2026, 1, 15, 11, 0)));
  EXPECT_EQ(listing.commands[1].command, "c");
  EXPECT_EQ(listing.commands[2].time, WallTime(at(2026, 1, 16, 3, 0)));
  ASSERT_EQ(listing.problems.size(), 1u);
  EXPECT_NE(listing.problems[0].find("No/Where"), std::string::npos);
}

TEST_F(UpcomingCommandsTest, keep_the_earliest_and_count_the_others) {
  std::string text;
  for (int minute = 31; minute < 60; ++minute)
    text += std::to_string(minute) + " 10 * * * root x" + std::to_string(minute) + "\n";
  write("etc/crontab", text);
  const auto listing = list(3);
  ASSERT_EQ(listing.commands.size(), 3u);
  EXPECT_EQ(listing.commands[2].command, "x33");
  EXPECT_EQ(listing.left_out, 26u);
}

TEST_F(UpcomingCommandsTest, name_what_cannot_be_read) {
  fs::create_directories(fs::path(root_ / "run/systemd/system"));
  timers_.answer = Error(ErrorCode::unavailable, "no bus");
  write("etc/crontab", "0 25 * * * root x\n");
  const auto listing = list();
  ASSERT_EQ(listing.problems.size(), 2u);
  EXPECT_EQ(listing.problems[0], "systemd timers: no bus");
  EXPECT_TRUE(listing.problems[1].starts_with("/etc/crontab:1: hour \"25\""));
}

TEST_F(UpcomingCommandsTest, are_none_on_a_host_without_any) {
  const auto listing = list();
  EXPECT_TRUE(listing.commands.empty());
  EXPECT_TRUE(listing.problems.empty());
}

}  // namespace
}  // namespace foreshock::agent

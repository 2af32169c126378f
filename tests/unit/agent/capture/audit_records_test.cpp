#include "agent/capture/audit_records.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

// As auditd 3.0 of Debian 12 writes them.
const std::string kSyscall =
    "type=SYSCALL msg=audit(1700000000.123:456): arch=c000003e syscall=59 success=yes exit=0 "
    "a0=55d a1=55e a2=55f a3=8 items=2 ppid=100 pid=200 auid=1000 uid=0 gid=0 euid=0 suid=0 "
    "fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts3 ses=7 comm=\"pg_dump\" exe=\"/usr/bin/pg_dump\" "
    "subj=unconfined key=\"exec\"\x1d"
    "ARCH=x86_64 SYSCALL=execve AUID=\"ann\" UID=\"root\"";
const std::string kExecve =
    "type=EXECVE msg=audit(1700000000.123:456): argc=3 a0=\"pg_dump\" a1=\"-Fc\" a2=6D79206462";
const std::string kCwd = "type=CWD msg=audit(1700000000.123:456): cwd=\"/srv/app\"";
const std::string kPath = "type=PATH msg=audit(1700000000.123:456): item=0 name=\"/usr/bin/x\"";
const std::string kProctitle =
    "type=PROCTITLE msg=audit(1700000000.123:456): proctitle=70675F64756D70";

std::string with_serial(std::string line, const std::string& serial) {
  line.replace(line.find(":456"), 4, ":" + serial);
  return line;
}

TEST(AuditRecords, put_the_lines_of_an_exec_together) {
  AuditRecords records;
  for (const auto& line : {kSyscall, kExecve, kCwd, kPath}) records.add_line(line);
  EXPECT_TRUE(records.take().empty()) << "more lines may come";
  records.add_line(kProctitle);
  const auto execs = records.take();
  ASSERT_EQ(execs.size(), 1u);
  const AuditedExec& exec = execs[0];
  EXPECT_EQ(exec.time, WallTime(1700000000123ms));
  EXPECT_EQ(exec.pid, 200u);
  EXPECT_EQ(exec.parent_pid, 100u);
  EXPECT_EQ(exec.identity, (Identity{.uid = 0, .gid = 0, .login_uid = 1000, .session_id = 7}));
  EXPECT_EQ(exec.comm, "pg_dump");
  EXPECT_EQ(exec.filename, "/usr/bin/pg_dump");
  EXPECT_EQ(exec.cwd, "/srv/app");
  EXPECT_EQ(exec.tty, "pts/3");
  EXPECT_EQ(exec.words, (std::vector<std::string>{"pg_dump", "-Fc", "my db"}));
  EXPECT_EQ(exec.true_bytes, 18u);
  EXPECT_EQ(records.not_understood(), 0u);
}

TEST(AuditRecords, of_two_execs_may_be_mixed) {
  AuditRecords records;
  records.add_line(kSyscall);
  records.add_line(with_serial(kSyscall, "457"));
  records.add_line(with_serial(kExecve, "457"));
  records.add_line(kExecve);
  records.add_line(with_serial(kProctitle, "457"));
  EXPECT_EQ(records.take().size(), 1u);
  records.finish_all();
  EXPECT_EQ(records.take().size(), 1u) << "the last one had no last line";
}

TEST(AuditRecords, of_failed_execs_and_other_calls_are_left_out) {
  AuditRecords records;
  std::string failed = kSyscall;
  failed.replace(failed.find("success=yes"), 11, "success=no");
  for (const auto& line : {failed, kExecve, kProctitle}) records.add_line(line);
  for (const auto& line : {kSyscall, kCwd, kProctitle}) records.add_line(line);
  for (const auto& line : {kExecve, kProctitle}) records.add_line(line);
  EXPECT_TRUE(records.take().empty());
}

TEST(AuditRecords, join_a_word_that_is_logged_in_parts) {
  AuditRecords records;
  records.add_line(kSyscall);
  records.add_line(
      "type=EXECVE msg=audit(1700000000.123:456): argc=2 a0=\"sh\" a1_len=6 a1[0]=\"abc\"");
  records.add_line("type=EXECVE msg=audit(1700000000.123:456): a1[1]=646566");
  records.finish_all();
  EXPECT_EQ(records.take().at(0).words, (std::vector<std::string>{"sh", "abcdef"}));
}

TEST(AuditRecords, cut_long_command_lines_and_say_how_long_they_are) {
  AuditRecords records;
  records.add_line(kSyscall);
  records.add_line("type=EXECVE msg=audit(1700000000.123:456): argc=2 a0=\"sh\" a1=\"" +
                   std::string(9000, 'x') + "\" a2=\"y\"");
  records.finish_all();
  const auto exec = records.take().at(0);
  ASSERT_EQ(exec.words.size(), 2u);
  EXPECT_EQ(exec.words[1].size(), 4096u - 4);
  EXPECT_EQ(exec.true_bytes, 3u + 9001 + 2);
}

TEST(AuditRecords, nobody_logged_in_is_absent) {
  AuditRecords records;
  std::string line = kSyscall;
  line.replace(line.find("auid=1000"), 9, "auid=4294967295");
  line.replace(line.find("tty=pts3"), 8, "tty=(none)");
  for (const auto& each : {line, kExecve}) records.add_line(each);
  records.finish_all();
  const auto exec = records.take().at(0);
  EXPECT_FALSE(exec.identity.login_uid);
  EXPECT_EQ(exec.tty, "");
}

TEST(AuditRecords, that_make_no_sense_are_counted) {
  AuditRecords records;
  for (const char* line : {"x", "type=SYSCALL msg=audit(1.2", "type=SYSCALL msg=audit(x.y:1): a=b",
                           "msg=audit(1.2:3): type=SYSCALL", "type=A msg=audit(1.9999:3): "}) {
    records.add_line(line);
  }
  records.add_line("");
  EXPECT_EQ(records.not_understood(), 5u);
}

TEST(AuditRecords, that_never_become_whole_are_bounded) {
  AuditRecords records;
  for (int i = 0; i < 1000; ++i) {
    records.add_line(with_serial(kSyscall, std::to_string(i)));
    records.add_line(with_serial(kExecve, std::to_string(i)));
  }
  EXPECT_GE(records.take().size(), 900u) << "given up and taken as they are";
}

}  // namespace
}  // namespace foreshock::agent

#include "agent/event_lines/event_lines.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

TEST(JsonString, keeps_plain_text_and_utf8) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("ls -l /a"), R"("ls -l /a")");
  EXPECT_EQ(json("größe € 𝄞"), "\"größe € 𝄞\"");
  EXPECT_EQ(json("\x7f"), "\"\x7f\"");
}

TEST(JsonString, escapes_what_json_demands) {
  EXPECT_EQ(json("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json("a\nb\tc\rd"), R"("a\nb\tc\rd")");
  EXPECT_EQ(json(std::string_view("\0\x1f", 2)), R"("\u0000\u001f")");
}

TEST(JsonString, replaces_what_is_not_utf8) {
  EXPECT_EQ(json("a\xff"
                 "b"),
            R"("a\ufffdb")");
  EXPECT_EQ(json("\xc3"), R"("\ufffd")") << "cut";
  EXPECT_EQ(json("\xe2\x82"), R"("\ufffd\ufffd")") << "cut";
  EXPECT_EQ(json("\xc0\xaf"), R"("\ufffd\ufffd")") << "overlong";
  EXPECT_EQ(json("\xe0\x9f\xbf"), R"("\ufffd\ufffd\ufffd")") << "overlong";
  EXPECT_EQ(json("\xf0\x8f\xbf\xbf"), R"("\ufffd\ufffd\ufffd\ufffd")") << "overlong";
  EXPECT_EQ(json("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")") << "a surrogate";
  EXPECT_EQ(json("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")") << "beyond U+10FFFF";
  EXPECT_EQ(json("\xf5\x80\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
  EXPECT_EQ(json("\x80"), R"("\ufffd")") << "a stray continuation";
}

TEST(JsonString, keeps_the_borders_of_utf8) {
  for (const char* edge : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(json(edge), "\"" + std::string(edge) + "\"");
  }
}

TEST(Printable, lets_nothing_through_that_controls_a_terminal) {
  EXPECT_EQ(printable("a b größe"), "a b größe");
  EXPECT_EQ(printable("\x1b[2J\n\x7f"), "\\x1b[2J\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J")
      << "a C1 control";
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
  EXPECT_EQ(printable("\xff"), "\\xff");
}

TEST(UtcWriter, writes_what_format_utc_does) {
  UtcWriter utc;
  for (const auto time :
       {WallTime(0ns), WallTime(1'700'000'000'123'456'789ns), WallTime(1'700'000'000'999'999'999ns),
        WallTime(1'700'000'001'007'000'000ns), WallTime(1'700'000'000'000'000'000ns)}) {
    std::string text;
    utc.append(text, time);
    EXPECT_EQ(text, format_utc(time));
  }
}

ExecEvent make_exec() {
  ExecEvent exec;
  exec.time = BootTime(5s);
  exec.facts.process = {42, BootTime(4s)};
  exec.facts.parent = {1, BootTime(0s)};
  exec.facts.identity = {.uid = 1000, .gid = 100, .login_uid = 1001, .session_id = 7};
  exec.facts.cgroup_id = 99;
  exec.facts.comm = "pg_dump";
  exec.filename = "/usr/bin/pg_dump";
  exec.argv = make_argv({"pg_dump", "-Fc", "my db"});
  exec.cwd = "/srv";
  exec.tty = "pts/3";
  return exec;
}

Execution make_ended(std::uint32_t wait_status) {
  const ExecEvent exec = make_exec();
  Execution ended;
  ended.facts = exec.facts;
  ended.facts.identity.login_uid.reset();
  ended.facts.identity.session_id.reset();
  ended.exec_time = exec.time;
  ended.cgroup = "/batch";
  ended.filename = exec.filename;
  ended.argv = exec.argv;
  ended.end = ExecutionEnd{.time = exec.time + 1002003us, .wait_status = wait_status, .use = {}};
  ended.end->use.cpu = 1200us;
  ended.end->use.user = 1000us;
  ended.end->use.system = 200us;
  ended.end->use.peak_rss = Bytes{3u << 20};
  ended.end->use.written_bytes = Bytes{4096};
  return ended;
}

const WorkloadIdentity kUnit{.cgroup = "/batch.slice/dump.service",
                             .unit = "dump.service",
                             .slice = "batch.slice",
                             .container_runtime = {},
                             .container_id = {},
                             .container_name = {},
                             .pod = {}};
const WorkloadIdentity kUnknown;
const std::string kAncestry("bash\0sshd\0", 10);
const EventContext kContext{kUnit.cgroup, kAncestry, kUnit};
const WallTime kTime(1'700'000'000'123'000'000ns);

TEST(JsonEventLines, writes_an_exec) {
  JsonEventLines lines;
  std::string out;
  lines.append_exec(out, make_exec(), kContext, kTime);
  EXPECT_EQ(
      out,
      R"({"event":"exec","time":"2023-11-14T22:13:20.123Z","pid":42,"start_ns":4000000000,"ppid":1,"uid":1000,"gid":100,)"
      R"("login_uid":1001,"session_id":7,"comm":"pg_dump","filename":"/usr/bin/pg_dump",)"
      R"("argv":["pg_dump","-Fc","my db"],"truncated":false,"redacted":false,)"
      R"("cwd":"/srv","tty":"pts/3","ancestry":["bash","sshd"],"cgroup_id":99,)"
      R"("cgroup":"/batch.slice/dump.service","unit":"dump.service","slice":"batch.slice",)"
      R"("container_runtime":null,"container_id":null,"container_name":null,"pod":null})"
      "\n");
}

TEST(JsonEventLines, writes_an_exit) {
  JsonEventLines lines;
  std::string out;
  lines.append_exit(out, make_ended(3 << 8), kUnknown, kTime);
  EXPECT_EQ(
      out,
      R"({"event":"exit","time":"2023-11-14T22:13:20.123Z","pid":42,"start_ns":4000000000,"ppid":1,"uid":1000,"gid":100,)"
      R"("login_uid":null,"session_id":null,"comm":"pg_dump","filename":"/usr/bin/pg_dump",)"
      R"("argv":["pg_dump","-Fc","my db"],"truncated":false,"redacted":false,)"
      R"("cwd":null,"tty":null,"ancestry":[],"cgroup_id":99,"cgroup":"/batch","unit":null,"slice":null,)"
      R"("container_runtime":null,"container_id":null,"container_name":null,"pod":null,)"
      R"("joined":true,"exit_code":3,"signal":null,"duration_s":1.002003,"cpu_us":1200,"user_us":1000,)"
      R"("system_us":200,"peak_rss_kib":3072,"read_bytes":0,"written_bytes":4096,"read_calls":0,)"
      R"("write_calls":0,"minor_faults":0,"major_faults":0,"voluntary_switches":0,"involuntary_switches":0,)"
      R"("connections":null})"
      "\n");
}

TEST(JsonEventLines, tells_a_signal_from_a_code) {
  JsonEventLines lines;
  std::string out;
  lines.append_exit(out, make_ended(9 | 0x80), kUnknown, kTime);
  EXPECT_NE(out.find(R"("exit_code":null,"signal":9,)"), std::string::npos) << out;
}

TEST(JsonEventLines, says_that_argv_was_cut) {
  JsonEventLines lines;
  ExecEvent exec = make_exec();
  exec.argv.true_bytes += 1;
  std::string out;
  lines.append_exec(out, exec, kContext, kTime);
  EXPECT_NE(out.find(R"("truncated":true)"), std::string::npos) << out;
}

TEST(TextEventLines, lines_up_columns) {
  TextEventLines lines;
  std::string heading;
  lines.append_heading(heading);
  std::string exec;
  lines.append_exec(exec, make_exec(), kContext, kTime);
  std::string exit;
  lines.append_exit(exit, make_ended(9), kUnknown, kTime);
  const auto command_at = heading.find("COMMAND");
  EXPECT_EQ(exec.substr(command_at), "pg_dump -Fc 'my db'\n");
  EXPECT_EQ(exit.substr(command_at), "pg_dump -Fc 'my db'\n");
  EXPECT_EQ(exit.substr(0, 19), "22:13:20.123 exit  ");
  EXPECT_NE(exit.find(" sig 9     1.00s     1.2ms    3.0 MiB  "), std::string::npos) << exit;
}

TEST(TextEventLines, names_a_process_that_never_called_exec_by_its_comm) {
  TextEventLines lines;
  Execution ended = make_ended(0);
  ended.exec_seen = false;
  ended.argv = {};
  std::string out;
  lines.append_exit(out, ended, kUnknown, kTime);
  EXPECT_TRUE(out.ends_with("  (pg_dump)\n")) << out;
}

}  // namespace
}  // namespace foreshock::agent

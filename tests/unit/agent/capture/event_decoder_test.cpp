#include "agent/capture/event_decoder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "agent/bpf/events.h"

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMs = 1'000'000;

fs_process make_process() {
  fs_process process{};
  process.tgid = 42;
  process.parent_tgid = 7;
  process.start_boot_ns = 1234 * kMs;
  process.parent_start_boot_ns = 1000 * kMs;
  process.cgroup_id = 99;
  process.uid = 1000;
  process.gid = 100;
  process.login_uid = 1001;
  process.session_id = FS_NO_ID;
  std::memcpy(process.comm, "pg_dump", 8);
  return process;
}

template <typename Event>
ByteBuffer to_record(const Event& event, const std::string& tail = "") {
  ByteBuffer record(sizeof event + tail.size());
  std::memcpy(record.data(), &event, sizeof event);
  std::copy_n(reinterpret_cast<const std::byte*>(tail.data()), tail.size(),
              record.begin() + sizeof event);
  return record;
}

const std::string kCwd("app\0srv\0", 8);
const std::string kFilename = "/usr/bin/pg_dump";
const std::string kWords("pg_dump\0-Fc\0", 12);

fs_exec_event make_exec() {
  fs_exec_event event{};
  event.header = {.kind = FS_EVENT_EXEC, .bytes = 0, .boot_time_ns = 1240 * kMs};
  event.process = make_process();
  event.argv_true_bytes = static_cast<std::uint32_t>(kWords.size());
  event.argv_bytes = static_cast<std::uint16_t>(kWords.size());
  event.filename_bytes = static_cast<std::uint16_t>(kFilename.size());
  event.header.bytes = static_cast<std::uint32_t>(sizeof event + kFilename.size() + kWords.size());
  return event;
}

fs_exit_event make_exit() {
  fs_exit_event event{};
  event.header = {.kind = FS_EVENT_EXIT, .bytes = sizeof event, .boot_time_ns = 2000 * kMs};
  event.process = make_process();
  event.wait_status = 3 << 8;
  event.cpu_ns = 100 * kMs;
  event.user_ns = 60 * kMs;
  event.system_ns = 20 * kMs;
  event.peak_rss_bytes = 1 << 20;
  event.read_bytes = 1;
  event.written_bytes = 2;
  event.read_calls = 3;
  event.write_calls = 4;
  event.minor_faults = 5;
  event.major_faults = 6;
  event.voluntary_switches = 7;
  event.involuntary_switches = 8;
  event.connections = 9;
  return event;
}

Result<ProcessEvent> decode(ByteView record) {
  EventDecoder decoder;
  FS_TRY(ProcessEvent* const event, decoder.decode(record));
  return std::move(*event);
}

void expect_corrupt(const ByteBuffer& record) {
  const auto decoded = decode(record);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code(), ErrorCode::corrupt);
}

TEST(EventDecoder, decodes_an_exec) {
  const auto decoded = decode(to_record(make_exec(), kFilename + kWords));
  ASSERT_TRUE(decoded) << decoded.error().message();
  const auto& exec = std::get<ExecEvent>(*decoded);
  EXPECT_EQ(exec.time, BootTime(1240ms));
  EXPECT_EQ(exec.facts.process, (ProcessKey{42, BootTime(1230ms)}))
      << "start cut to 10 ms, as in /proc";
  EXPECT_EQ(exec.facts.parent, (ProcessKey{7, BootTime(1000ms)}));
  EXPECT_EQ(exec.facts.identity,
            (Identity{.uid = 1000, .gid = 100, .login_uid = 1001, .session_id = std::nullopt}));
  EXPECT_EQ(exec.facts.cgroup_id, 99u);
  EXPECT_EQ(exec.facts.comm, "pg_dump");
  EXPECT_EQ(exec.filename, kFilename);
  EXPECT_EQ(exec.argv, make_argv({"pg_dump", "-Fc"}));
  EXPECT_FALSE(exec.existing);
}

fs_exec_event make_exec_in(const std::string& cwd) {
  fs_exec_event event = make_exec();
  event.cwd_bytes = static_cast<std::uint16_t>(cwd.size());
  event.header.bytes += event.cwd_bytes;
  return event;
}

TEST(EventDecoder, joins_the_names_of_the_working_directory) {
  fs_exec_event event = make_exec_in(kCwd);
  event.tty_bytes = 4;
  event.header.bytes += event.tty_bytes;
  const auto decoded = decode(to_record(event, kCwd + kFilename + kWords + "pts3"));
  ASSERT_TRUE(decoded) << decoded.error().message();
  const auto& exec = std::get<ExecEvent>(*decoded);
  EXPECT_EQ(exec.cwd, "/srv/app");
  EXPECT_EQ(exec.tty, "pts/3");
  EXPECT_EQ(exec.filename, kFilename);
  EXPECT_EQ(exec.argv, make_argv({"pg_dump", "-Fc"}));
}

TEST(EventDecoder, shows_a_working_directory_that_was_cut_or_not_read) {
  fs_exec_event event = make_exec_in(kCwd);
  event.cwd_is_cut = 1;
  auto decoded = decode(to_record(event, kCwd + kFilename + kWords));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<ExecEvent>(*decoded).cwd, ".../srv/app");
  event = make_exec();
  decoded = decode(to_record(event, kFilename + kWords));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<ExecEvent>(*decoded).cwd, "/") << "no name: the root itself";
  event.cwd_is_cut = 1;
  decoded = decode(to_record(event, kFilename + kWords));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<ExecEvent>(*decoded).cwd, "");
}

TEST(EventDecoder, refuses_a_directory_name_without_end) {
  const std::string open_ended = "app";
  expect_corrupt(to_record(make_exec_in(open_ended), open_ended + kFilename + kWords));
}

TEST(EventDecoder, refuses_a_terminal_name_that_is_too_long) {
  fs_exec_event event = make_exec();
  event.tty_bytes = FS_TTY_BYTES;
  event.header.bytes += event.tty_bytes;
  expect_corrupt(to_record(event, kFilename + kWords + std::string(FS_TTY_BYTES, 'x')));
}

/// As programs sent it before terminals' names were in the tail.
struct RoomyExec {
  fs_event_header header;
  fs_process process;
  std::uint32_t argv_true_bytes, argv_bytes, filename_bytes, cwd_bytes, cwd_is_cut, reserved;
  std::array<char, FS_TTY_BYTES> tty;
};

RoomyExec make_roomy_exec() {
  RoomyExec event{};
  event.header = {.kind = FS_EVENT_ROOMY_EXEC, .bytes = 0, .boot_time_ns = 1240 * kMs};
  event.process = make_process();
  event.argv_true_bytes = event.argv_bytes = static_cast<std::uint32_t>(kWords.size());
  event.filename_bytes = static_cast<std::uint32_t>(kFilename.size());
  event.cwd_bytes = static_cast<std::uint32_t>(kCwd.size());
  std::memcpy(event.tty.data(), "pts3", 5);
  event.header.bytes =
      static_cast<std::uint32_t>(sizeof event + kCwd.size() + kFilename.size() + kWords.size());
  return event;
}

TEST(EventDecoder, decodes_an_exec_of_older_programs) {
  auto event = make_roomy_exec();
  const std::string tail = kCwd + kFilename + kWords;
  const auto decoded = decode(to_record(event, tail));
  ASSERT_TRUE(decoded) << decoded.error().message();
  const auto& exec = std::get<ExecEvent>(*decoded);
  EXPECT_EQ(exec.facts.comm, "pg_dump");
  EXPECT_EQ(exec.cwd, "/srv/app");
  EXPECT_EQ(exec.tty, "pts/3");
  EXPECT_EQ(exec.filename, kFilename);
  EXPECT_EQ(exec.argv, make_argv({"pg_dump", "-Fc"}));
  event.tty.fill('x');
  expect_corrupt(to_record(event, tail));
  event = make_roomy_exec();
  event.argv_bytes = 0xffffffffu;
  expect_corrupt(to_record(event, tail));
  event = make_roomy_exec();
  // Right together, but only after an overflow of 32 bits.
  event.argv_bytes -= 0x80000000u;
  event.filename_bytes += 0x80000000u;
  expect_corrupt(to_record(event, tail));
}

TEST(EventDecoder, decodes_an_exit) {
  const auto decoded = decode(to_record(make_exit()));
  ASSERT_TRUE(decoded) << decoded.error().message();
  const auto& exit = std::get<ExitEvent>(*decoded);
  EXPECT_EQ(exit.time, BootTime(2s));
  EXPECT_EQ(exit.wait_status, 3u << 8);
  EXPECT_EQ(exit.use.cpu, 100ms);
  EXPECT_EQ(exit.use.user, 75ms) << "the run time, split as the ticks are";
  EXPECT_EQ(exit.use.system, 25ms);
  EXPECT_EQ(exit.use.peak_rss.count, 1u << 20);
  EXPECT_EQ(exit.use.read_bytes.count, 1u);
  EXPECT_EQ(exit.use.written_bytes.count, 2u);
  EXPECT_EQ(exit.use.read_calls, 3u);
  EXPECT_EQ(exit.use.write_calls, 4u);
  EXPECT_EQ(exit.use.minor_faults, 5u);
  EXPECT_EQ(exit.use.major_faults, 6u);
  EXPECT_EQ(exit.use.voluntary_switches, 7u);
  EXPECT_EQ(exit.use.involuntary_switches, 8u);
  EXPECT_EQ(exit.connections, 9u);
}

/// The same in 32 bits each.
fs_short_exit_event make_short_exit() {
  const fs_exit_event wide = make_exit();
  fs_short_exit_event event{};
  event.header = {.kind = FS_EVENT_SHORT_EXIT, .bytes = sizeof event, .boot_time_ns = 2000 * kMs};
  event.process = wide.process;
  event.wait_status = wide.wait_status;
  std::array<std::uint64_t, FS_EXIT_NUMBERS> numbers{};
  std::memcpy(numbers.data(), &wide.cpu_ns, sizeof numbers);
  std::ranges::transform(numbers, std::begin(event.numbers),
                         [](std::uint64_t number) { return static_cast<std::uint32_t>(number); });
  return event;
}

TEST(EventDecoder, decodes_a_short_exit_as_the_long_one) {
  const auto decoded_short = decode(to_record(make_short_exit()));
  const auto decoded_long = decode(to_record(make_exit()));
  ASSERT_TRUE(decoded_short) << decoded_short.error().message();
  ASSERT_TRUE(decoded_long);
  const auto& one = std::get<ExitEvent>(*decoded_short);
  const auto& other = std::get<ExitEvent>(*decoded_long);
  EXPECT_EQ(one.time, other.time);
  EXPECT_EQ(one.facts, other.facts);
  EXPECT_EQ(one.wait_status, other.wait_status);
  EXPECT_EQ(one.forked_from, std::nullopt);
  EXPECT_EQ(one.use, other.use);
  EXPECT_EQ(one.connections, 9u);

  auto record = to_record(make_short_exit());
  record.pop_back();
  expect_corrupt(record);
  reinterpret_cast<fs_event_header*>(record.data())->bytes =
      static_cast<std::uint32_t>(record.size());
  expect_corrupt(record);
}

TEST(EventDecoder, counts_what_no_tick_has_met_as_user_time) {
  fs_exit_event event = make_exit();
  event.user_ns = event.system_ns = 0;
  const auto decoded = decode(to_record(event));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<ExitEvent>(*decoded).use.user, 100ms);
  EXPECT_EQ(std::get<ExitEvent>(*decoded).use.system, 0ns);
}

TEST(EventDecoder, survives_tick_counts_of_any_size) {
  fs_exit_event event = make_exit();
  event.cpu_ns = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  event.user_ns = event.system_ns = std::numeric_limits<std::uint64_t>::max();
  const auto decoded = decode(to_record(event));
  ASSERT_TRUE(decoded);
  const auto& use = std::get<ExitEvent>(*decoded).use;
  EXPECT_EQ(use.user + use.system, use.cpu);
}

TEST(EventDecoder, says_when_argv_was_cut) {
  fs_exec_event event = make_exec();
  event.argv_true_bytes = 5000;
  const auto decoded = decode(to_record(event, kFilename + kWords));
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(std::get<ExecEvent>(*decoded).argv.truncated());
}

TEST(EventDecoder, refuses_records_cut_anywhere) {
  const ByteBuffer exec = to_record(make_exec(), kFilename + kWords);
  for (std::size_t n = 0; n < exec.size(); ++n) {
    ByteBuffer cut(exec.begin(), exec.begin() + static_cast<std::ptrdiff_t>(n));
    expect_corrupt(cut);
    if (n < sizeof(fs_event_header)) continue;
    // And with a header that agrees with the shorter length.
    reinterpret_cast<fs_event_header*>(cut.data())->bytes = static_cast<std::uint32_t>(n);
    expect_corrupt(cut);
  }
  ByteBuffer exit = to_record(make_exit());
  exit.pop_back();
  expect_corrupt(exit);
}

TEST(EventDecoder, refuses_lengths_that_lie) {
  const auto expect_refused = [](auto change) {
    fs_exec_event event = make_exec();
    change(event);
    expect_corrupt(to_record(event, kFilename + kWords));
  };
  expect_refused([](fs_exec_event& event) { event.header.bytes += 1; });
  expect_refused([](fs_exec_event& event) { event.argv_bytes += 1; });
  expect_refused([](fs_exec_event& event) { event.argv_bytes = 0xffff; });
  expect_refused([](fs_exec_event& event) { event.filename_bytes = 0xffff; });
  expect_refused([](fs_exec_event& event) { event.tty_bytes = 0xff; });
  expect_refused([](fs_exec_event& event) {
    // Right together, but only after an overflow of 16 bits.
    event.argv_bytes = static_cast<std::uint16_t>(event.argv_bytes - 0x8000u);
    event.filename_bytes = static_cast<std::uint16_t>(event.filename_bytes + 0x8000u);
  });
  expect_refused([](fs_exec_event& event) { event.argv_true_bytes = event.argv_bytes - 1; });
}

TEST(EventDecoder, refuses_argv_beyond_its_bound) {
  const std::string words(FS_ARGV_BYTES + 1, 'x');
  fs_exec_event event = make_exec();
  event.filename_bytes = 0;
  event.argv_true_bytes = static_cast<std::uint32_t>(words.size());
  event.argv_bytes = static_cast<std::uint16_t>(words.size());
  event.header.bytes = static_cast<std::uint32_t>(sizeof event + words.size());
  expect_corrupt(to_record(event, words));
}

TEST(EventDecoder, refuses_what_no_kernel_of_ours_sends) {
  fs_exit_event event = make_exit();
  event.header.kind = 0;
  expect_corrupt(to_record(event));
  for (const auto kind : {FS_EVENT_ROOMY_EXEC, FS_EVENT_SHORT_EXIT, FS_EVENT_EXEC}) {
    event.header.kind = kind;
    expect_corrupt(to_record(event));
  }
  event.header.kind = FS_EVENT_EXEC + 1;
  expect_corrupt(to_record(event));

  event = make_exit();
  event.process.comm[FS_COMM_BYTES - 1] = 'x';
  std::fill(std::begin(event.process.comm), std::end(event.process.comm), 'x');
  expect_corrupt(to_record(event));

  event = make_exit();
  event.header.boot_time_ns = 1ull << 63;
  expect_corrupt(to_record(event));
  event = make_exit();
  event.process.start_boot_ns = 1ull << 63;
  expect_corrupt(to_record(event));
  event = make_exit();
  event.cpu_ns = 1ull << 63;
  expect_corrupt(to_record(event));

  expect_corrupt(to_record(make_exec(), std::string(kFilename.size(), '\0') + kWords));
}

TEST(EventDecoder, decodes_an_exit_of_programs_that_did_not_count_connections) {
  auto event = make_exit();
  event.header.bytes = offsetof(fs_exit_event, connections);
  auto record = to_record(event);
  record.resize(event.header.bytes);
  const auto decoded = decode(record);
  ASSERT_TRUE(decoded) << decoded.error().message();
  const auto& exit = std::get<ExitEvent>(*decoded);
  EXPECT_EQ(exit.use.involuntary_switches, 8u);
  EXPECT_EQ(exit.connections, std::nullopt);
  record.resize(record.size() - 1);
  expect_corrupt(record);
}

}  // namespace
}  // namespace foreshock::agent

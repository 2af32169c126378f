#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <linux/acct.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>

#include "agent/capture/netlink_socket.h"
#include "agent/capture/proc_connector.h"
#include "agent/capture/task_accounts.h"

namespace foreshock::agent {
namespace {

template <typename T>
std::string bytes_of(const T& value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string netlink(std::uint16_t type, const std::string& body) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
  header.nlmsg_type = type;
  std::string text = bytes_of(header) + body;
  text.resize((text.size() + 3) & ~std::size_t{3});
  return text;
}

ByteView view(const std::string& text) {
  return as_bytes(text);
}

std::string connector(std::uint32_t sequence, std::uint32_t what, std::uint32_t cpu,
                      const std::vector<std::uint32_t>& numbers) {
  cn_msg message{};
  message.id = {.idx = CN_IDX_PROC, .val = CN_VAL_PROC};
  message.seq = sequence;
  std::string body = bytes_of(what) + bytes_of(cpu) + bytes_of(std::uint64_t{5'000'000'000});
  for (const auto number : numbers) body += bytes_of(number);
  message.len = static_cast<std::uint16_t>(body.size());
  return netlink(NLMSG_DONE, bytes_of(message) + body);
}

TEST(ProcConnector, decodes_execs_and_exits) {
  const auto messages = decode_proc_connector(
      view(connector(7, 2, 1, {300, 300}) + connector(8, 0x80000000, 1, {301, 300, 256, 17})));
  ASSERT_EQ(messages.events.size(), 2u);
  EXPECT_EQ(messages.events[0].kind, ProcConnectorEvent::Kind::exec);
  EXPECT_EQ(messages.events[0].process, 300u);
  EXPECT_EQ(messages.events[0].monotonic, std::chrono::seconds(5));
  EXPECT_EQ(messages.events[1].kind, ProcConnectorEvent::Kind::exit);
  EXPECT_EQ(messages.events[1].thread, 301u);
  EXPECT_EQ(messages.events[1].wait_status, 256u);
  EXPECT_EQ(messages.sequences,
            (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{1, 7}, {1, 8}}));
}

TEST(ProcConnector, counts_messages_it_does_not_use) {
  const auto messages = decode_proc_connector(view(connector(7, 1, 0, {1, 1, 2, 2})));
  EXPECT_TRUE(messages.events.empty());
  EXPECT_EQ(messages.sequences.size(), 1u);
}

TEST(ProcConnector, decodes_the_answer_to_a_listener) {
  const auto messages = decode_proc_connector(view(connector(0, 0, 0, {1})));
  ASSERT_EQ(messages.events.size(), 1u);
  EXPECT_EQ(messages.events[0].kind, ProcConnectorEvent::Kind::acknowledged);
  EXPECT_EQ(messages.events[0].error, 1);
  EXPECT_TRUE(messages.sequences.empty());
}

TEST(ProcConnector, survives_messages_cut_anywhere) {
  const auto whole = connector(7, 2, 1, {300, 300});
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::string cut = whole.substr(0, n);
    EXPECT_TRUE(decode_proc_connector(view(cut)).events.empty());
    if (n < sizeof(nlmsghdr)) continue;
    const auto length = static_cast<std::uint32_t>(n);
    std::memcpy(cut.data(), &length, sizeof length);
    EXPECT_TRUE(decode_proc_connector(view(cut)).events.empty());
  }
}

std::string attribute(std::uint16_t type, const std::string& value) {
  nlattr header{};
  header.nla_type = type;
  header.nla_len = static_cast<std::uint16_t>(sizeof header + value.size());
  std::string text = bytes_of(header) + value;
  text.resize((text.size() + 3) & ~std::size_t{3});
  return text;
}

taskstats make_stats() {
  taskstats stats{};
  stats.version = 13;
  stats.ac_pid = 301;
  stats.ac_tgid = 300;
  stats.ac_ppid = 1;
  stats.ac_uid = 1000;
  stats.ac_gid = 100;
  stats.ac_flag = AGROUP;
  stats.ac_etime = 2'000'000;
  stats.ac_utime = 300;
  stats.ac_stime = 100;
  stats.cpu_run_virtual_total = 450'000;
  stats.hiwater_rss = 2048;
  stats.write_bytes = 4096;
  stats.nvcsw = 3;
  std::strcpy(stats.ac_comm, "make");
  return stats;
}

std::string account(const taskstats& stats, std::uint16_t family = 31) {
  const genlmsghdr header{.cmd = 2, .version = 1, .reserved = 0};
  const auto nested = attribute(TASKSTATS_TYPE_PID, bytes_of(std::uint32_t{301})) +
                      attribute(TASKSTATS_TYPE_STATS, bytes_of(stats));
  return netlink(family, bytes_of(header) + attribute(TASKSTATS_TYPE_AGGR_PID, nested));
}

TEST(TaskAccounts, decode_what_a_thread_used) {
  const auto accounts = decode_task_accounts(view(account(make_stats())), 31);
  ASSERT_EQ(accounts.size(), 1u);
  const TaskAccount& task = accounts[0];
  EXPECT_EQ(task.thread, 301u);
  EXPECT_EQ(task.process, 300u);
  EXPECT_EQ(task.uid, 1000u);
  EXPECT_EQ(task.comm, "make");
  EXPECT_TRUE(task.is_last);
  EXPECT_EQ(task.elapsed, std::chrono::seconds(2));
  EXPECT_EQ(task.use.cpu, std::chrono::microseconds(450));
  EXPECT_EQ(task.use.user, std::chrono::microseconds(300));
  EXPECT_EQ(task.use.peak_rss.count, 2u << 20);
  EXPECT_EQ(task.use.written_bytes.count, 4096u);
}

TEST(TaskAccounts, of_other_families_and_older_versions_are_left_out) {
  EXPECT_TRUE(decode_task_accounts(view(account(make_stats(), 30)), 31).empty());
  auto old = make_stats();
  old.version = 9;
  EXPECT_TRUE(decode_task_accounts(view(account(old)), 31).empty());
}

TEST(TaskAccounts, survive_messages_cut_anywhere) {
  const auto whole = account(make_stats());
  for (std::size_t n = sizeof(nlmsghdr); n < whole.size(); ++n) {
    std::string cut = whole.substr(0, n);
    const auto length = static_cast<std::uint32_t>(n);
    std::memcpy(cut.data(), &length, sizeof length);
    static_cast<void>(decode_task_accounts(view(cut), 31));
  }
}

}  // namespace
}  // namespace foreshock::agent

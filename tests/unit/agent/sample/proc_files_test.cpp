#include "agent/sample/proc_files.h"

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kProcessStat =
    "9035 (cat) R 9019 9019 4154 0 -1 4194304 99 0 0 0 12 30 0 0 20 0 1 0 165611 3133440 366 "
    "18446744073709551615 94668308656128 94668308676009 140733397330048 0 0 0 0 0 0 0 0 0 17 1 0 0 "
    "0 0 0\n";

TEST(ProcFiles, reads_cpu_times_by_mode) {
  HostSample host;
  ASSERT_TRUE(parse_cpu_times(
      "cpu  3991 1 4156 319082 1029 2 187 5266 0 0\ncpu0 1 0\ncpu1 1 0\nintr 5\n", 100, host));
  EXPECT_EQ(host.cpu_count, 2u);
  EXPECT_EQ(host.cpu_user, milliseconds(39910));
  EXPECT_EQ(host.cpu_nice, milliseconds(10));
  EXPECT_EQ(host.cpu_system, milliseconds(41560));
  EXPECT_EQ(host.cpu_idle, milliseconds(3190820));
  EXPECT_EQ(host.cpu_iowait, milliseconds(10290));
  EXPECT_EQ(host.cpu_irq, milliseconds(20));
  EXPECT_EQ(host.cpu_softirq, milliseconds(1870));
  EXPECT_EQ(host.cpu_steal, milliseconds(52660));
}

TEST(ProcFiles, without_a_cpu_line_there_are_no_cpu_times) {
  HostSample host;
  EXPECT_FALSE(parse_cpu_times("", 100, host));
  EXPECT_FALSE(parse_cpu_times("cpu0 1 2 3 4\n", 100, host));
  EXPECT_FALSE(parse_cpu_times("cpu 1 2\n", 100, host));
  EXPECT_EQ(host, HostSample{});
}

TEST(ProcFiles, a_counter_that_does_not_fit_is_as_large_as_it_gets) {
  HostSample host;
  ASSERT_TRUE(parse_cpu_times("cpu 18446744073709551615 0 0 0\n", 100, host));
  EXPECT_EQ(host.cpu_user, Nanoseconds::max());
}

TEST(ProcFiles, reads_memory_in_bytes) {
  HostSample host;
  parse_meminfo(
      "MemTotal:        4030812 kB\nMemFree:  1 kB\nMemAvailable:    3517312 kB\n"
      "SwapTotal:       1024 kB\nSwapFree:        512 kB\n",
      host);
  EXPECT_EQ(host.memory_total, Bytes{4030812u * 1024ull});
  EXPECT_EQ(host.memory_available, Bytes{3517312u * 1024ull});
  EXPECT_EQ(host.swap_total, Bytes{1024 * 1024});
  EXPECT_EQ(host.swap_free, Bytes{512 * 1024});
}

TEST(ProcFiles, reads_load_in_thousandths) {
  EXPECT_EQ(parse_load1_permille("0.22 0.08 0.02 2/94 9041\n"), 220u);
  EXPECT_EQ(parse_load1_permille("13.05 0.08 0.02 2/94 9041\n"), 13050u);
  for (const auto* text : {"", "1", "1.2.3 ", "-1.00 ", "99999999999.00 "}) {
    EXPECT_EQ(parse_load1_permille(text), std::nullopt) << text;
  }
}

TEST(ProcFiles, reads_a_process) {
  const auto stat = parse_process_stat(kProcessStat, 100);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->comm, "cat");
  EXPECT_EQ(stat->user + stat->system, milliseconds(420));
  EXPECT_EQ(stat->start, milliseconds(1656110));
  EXPECT_EQ(stat->rss_pages, 366u);
  EXPECT_FALSE(stat->kernel_thread);
}

TEST(ProcFiles, a_name_may_hold_parentheses_and_blanks) {
  std::string text(kProcessStat);
  text.replace(text.find("(cat)"), 5, "(a) R 1 (b)");
  const auto stat = parse_process_stat(text, 100);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->comm, "a) R 1 (b");
  EXPECT_EQ(stat->rss_pages, 366u);
}

TEST(ProcFiles, a_process_text_that_is_cut_anywhere_is_absent_or_whole) {
  const std::size_t rss_end = kProcessStat.find(" 366 ") + 4;
  for (std::size_t bytes = 0; bytes < kProcessStat.size(); ++bytes) {
    const bool has_value = parse_process_stat(kProcessStat.substr(0, bytes), 100).has_value();
    // Between these the last number is cut short, which nobody can see.
    EXPECT_TRUE(has_value || bytes < rss_end) << bytes;
    EXPECT_TRUE(!has_value || bytes + 3 > rss_end) << bytes;
  }
}

}  // namespace
}  // namespace foreshock::agent

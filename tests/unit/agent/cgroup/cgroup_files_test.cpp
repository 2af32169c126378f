#include "agent/cgroup/cgroup_files.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using std::chrono::microseconds;

constexpr std::string_view kCpuStatV2 =
    "usage_usec 83337119\nuser_usec 39907873\nsystem_usec 43429246\nnice_usec 0\n"
    "core_sched.force_idle_usec 0\nnr_periods 120\nnr_throttled 7\nthrottled_usec 450000\n"
    "nr_bursts 0\nburst_usec 0\n";
constexpr std::string_view kCpuStatV1 =
    "nr_periods 120\nnr_throttled 7\nthrottled_time 450000123\nnr_bursts 0\nburst_time 0\n";
constexpr std::string_view kMemoryStatV1 =
    "cache 9396224\nrss 13668352\ninactive_file 1000\nactive_file 311296\n"
    "hierarchical_memory_limit 9223372036854771712\ntotal_cache 361734144\ntotal_rss 24788992\n"
    "total_inactive_file 60071936\ntotal_active_file 292573184\n";
constexpr std::string_view kMemoryStatV2 =
    "anon 1531904\nfile 361734144\nkernel 4096\ninactive_anon 0\nactive_anon 1531904\n"
    "inactive_file 60071936\nactive_file 292573184\nunevictable 0\n";

TEST(CgroupFiles, reads_v2_cpu_stat) {
  const CpuStat stat = parse_cpu_stat(kCpuStatV2);
  EXPECT_EQ(stat.usage, microseconds(83337119));
  EXPECT_EQ(stat.throttled, microseconds(450000));
  EXPECT_EQ(stat.throttled_periods, 7u);
}

TEST(CgroupFiles, reads_v1_cpu_stat_which_has_no_usage) {
  const CpuStat stat = parse_cpu_stat(kCpuStatV1);
  EXPECT_EQ(stat.usage, std::nullopt);
  EXPECT_EQ(stat.throttled, Nanoseconds(450000123));
  EXPECT_EQ(stat.throttled_periods, 7u);
}

TEST(CgroupFiles, v2_cpu_stat_without_the_controller_has_usage_only) {
  const CpuStat stat = parse_cpu_stat("usage_usec 5\nuser_usec 3\nsystem_usec 2\n");
  EXPECT_EQ(stat.usage, microseconds(5));
  EXPECT_EQ(stat.throttled, std::nullopt);
  EXPECT_EQ(stat.throttled_periods, std::nullopt);
}

TEST(CgroupFiles, a_count_is_a_whole_number_or_absent) {
  EXPECT_EQ(parse_count("13668352\n"), 13668352u);
  EXPECT_EQ(parse_count("18446744073709551615"), 18446744073709551615u);
  for (const auto* text : {"", "\n", "max", "-1", "+1", "1 2", "0x10", "18446744073709551616"}) {
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
  }
}

TEST(CgroupFiles, a_time_that_does_not_fit_is_absent) {
  EXPECT_EQ(parse_nanoseconds("91071439073\n"), Nanoseconds(91071439073));
  EXPECT_EQ(parse_nanoseconds("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_cpu_stat("usage_usec 9223372036854775807\n").usage, std::nullopt);
}

TEST(CgroupFiles, a_key_is_a_whole_word_at_the_start_of_a_line) {
  constexpr std::string_view kOomControl = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n";
  EXPECT_EQ(parse_keyed_count(kOomControl, "oom_kill"), 3u);
  EXPECT_EQ(parse_keyed_count("low 0\nhigh 4\nmax 0\noom 1\noom_kill 1\noom_group_kill 0\n", "oom"),
            1u);
  EXPECT_EQ(parse_keyed_count("xoom_kill 3\n", "oom_kill"), std::nullopt);
  EXPECT_EQ(parse_keyed_count("oom_kill\n", "oom_kill"), std::nullopt);
}

TEST(CgroupFiles, no_memory_limit_has_many_spellings) {
  const std::optional<std::optional<Bytes>> unlimited(std::in_place, std::nullopt);
  EXPECT_EQ(parse_memory_limit("max\n"), unlimited);
  EXPECT_EQ(parse_memory_limit("-1"), unlimited);
  EXPECT_EQ(parse_memory_limit("9223372036854771712\n"), unlimited);  // pages of 4 KiB
  EXPECT_EQ(parse_memory_limit("9223372036854710272\n"), unlimited);  // pages of 64 KiB
  EXPECT_EQ(parse_memory_limit("104857600\n"), Bytes{104857600});
  EXPECT_FALSE(parse_memory_limit("").has_value());
  EXPECT_FALSE(parse_memory_limit("-2\n").has_value());
}

TEST(CgroupFiles, a_cpu_limit_is_in_thousandths_of_a_core) {
  EXPECT_EQ(parse_cpu_max("30000 100000\n")->millicores(), 300u);
  EXPECT_EQ(parse_cpu_max("max 100000\n"), (CpuBandwidth{std::nullopt, 100000}));
  EXPECT_EQ(parse_cfs("150000\n", "100000\n")->millicores(), 1500u);
  EXPECT_EQ(parse_cfs("-1\n", "50000\n"), (CpuBandwidth{std::nullopt, 50000}));
  EXPECT_EQ(parse_cfs("33333", "100000")->millicores(), 333u);
  for (const auto* text :
       {"", "max", "max 0", "5 x", "-2 100000", "1 2 3", "18446744073709551615 1"}) {
    EXPECT_EQ(parse_cpu_max(text), std::nullopt) << text;
  }
}

TEST(CgroupFiles, a_quota_is_a_share_of_the_period) {
  EXPECT_EQ(quota_usec_for(300, 100000), 30000u);
  EXPECT_EQ(quota_usec_for(1500, 20000), 30000u);
  EXPECT_EQ(quota_usec_for(std::uint64_t{1} << 60, 100000), std::nullopt);
}

TEST(CgroupFiles, every_weight_survives_shares) {
  EXPECT_EQ(shares_of_weight(100), 1024u);
  EXPECT_EQ(weight_of_shares(1024), 100u);
  EXPECT_EQ(weight_of_shares(2), 1u);
  EXPECT_EQ(weight_of_shares(262144), 10000u);
  for (std::uint64_t weight = 1; weight <= 10000; ++weight) {
    ASSERT_EQ(weight_of_shares(shares_of_weight(weight)), weight);
  }
}

TEST(CgroupFiles, the_working_set_leaves_out_inactive_file_cache_of_the_whole_subtree) {
  EXPECT_EQ(parse_inactive_file(kMemoryStatV1), Bytes{60071936});
  EXPECT_EQ(parse_inactive_file(kMemoryStatV2), Bytes{60071936});
  EXPECT_EQ(parse_inactive_file("cache 1\n"), std::nullopt);
  EXPECT_EQ(working_set(Bytes{1000}, Bytes{400}), Bytes{600});
  EXPECT_EQ(working_set(Bytes{400}, Bytes{1000}), Bytes{0});
}

TEST(CgroupFiles, pressure_is_the_total_of_some) {
  EXPECT_EQ(parse_pressure_some_total("some avg10=4.82 avg60=2.67 avg300=1.23 total=15491512\n"
                                      "full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"),
            microseconds(15491512));
  EXPECT_EQ(parse_pressure_some_total("full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"),
            std::nullopt);
  EXPECT_EQ(parse_pressure_some_total("some avg10=0.00\n"), std::nullopt);
}

TEST(CgroupFiles, splits_into_views) {
  EXPECT_EQ(split_at("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_TRUE(split_at("", ',').empty());
  EXPECT_EQ(split_words("  a \t b\n"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_TRUE(split_words(" \n").empty());
}

}  // namespace
}  // namespace foreshock::agent

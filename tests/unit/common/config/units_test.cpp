#include <gtest/gtest.h>

#include "common/config/toml_document.h"

using namespace std::chrono_literals;

namespace foreshock {

TEST(Units, reads_durations) {
  EXPECT_EQ(*parse_duration("20ms"), 20ms);
  EXPECT_EQ(*parse_duration("10s"), 10s);
  EXPECT_EQ(*parse_duration("5min"), 5min);
  EXPECT_EQ(*parse_duration("2h"), 2h);
  EXPECT_EQ(*parse_duration("7d"), 7 * 24h);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("0.25 h"), 15min);
  EXPECT_EQ(*parse_duration("0s"), 0s);
}

TEST(Units, refuses_durations_without_a_known_unit) {
  for (const char* text :
       {"", "10", "s", "-1s", "+1s", "1e3s", "10 m", "1.s", ".5s", "1.2345s", "10s ", "0x10s"}) {
    const auto result = parse_duration(text);
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code(), ErrorCode::invalid_argument) << text;
    EXPECT_NE(result.error().message().find("\"20ms\""), std::string::npos) << text;
  }
}

TEST(Units, refuses_what_does_not_fit) {
  EXPECT_FALSE(parse_duration("107000d"));
  EXPECT_TRUE(parse_duration("100000d"));
  EXPECT_FALSE(parse_duration("99999999999999999999999s"));
  EXPECT_FALSE(parse_bytes("16777216TiB"));
  EXPECT_TRUE(parse_bytes("16777215TiB"));
  EXPECT_FALSE(parse_millicores("18446744073709551616"));
}

TEST(Units, reads_bytes) {
  EXPECT_EQ(parse_bytes("0")->count, 0u);
  EXPECT_EQ(parse_bytes("4096")->count, 4096u);
  EXPECT_EQ(parse_bytes("64KiB")->count, 65536u);
  EXPECT_EQ(parse_bytes("512 MiB")->count, 512u << 20);
  EXPECT_EQ(parse_bytes("1.5GiB")->count, std::uint64_t{1536} << 20);
  EXPECT_FALSE(parse_bytes("512MB"));
  EXPECT_FALSE(parse_bytes("half"));
}

TEST(Units, reads_cores) {
  EXPECT_EQ(*parse_millicores("1500m"), 1500u);
  EXPECT_EQ(*parse_millicores("1.5"), 1500u);
  EXPECT_EQ(*parse_millicores("0.25"), 250u);
  EXPECT_EQ(*parse_millicores("8"), 8000u);
  EXPECT_FALSE(parse_millicores("1.5 cores"));
  EXPECT_FALSE(parse_millicores("-1"));
}

}  // namespace foreshock

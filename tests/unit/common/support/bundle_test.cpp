#include "common/support/bundle.h"

#include <gtest/gtest.h>

namespace foreshock {
namespace {

TEST(SupportBundle, has_a_heading_for_each_section_and_says_what_is_missing) {
  SupportBundle bundle;
  bundle.add("version", std::string("1.2.3"));
  bundle.add("status", Error(ErrorCode::unavailable, "connect: no such file"));
  EXPECT_EQ(bundle.text(), "== version\n1.2.3\n\n== status\n(connect: no such file)\n");
}

TEST(DescribeConfiguration, leaves_secrets_out) {
  EXPECT_EQ(describe_configuration({{"scrape[0].token", "'abc'"}, {"sample.interval", "'1s'"}}),
            "sample.interval = '1s'\nscrape[0].token = (left out)\n");
}

TEST(DescribeSystem, names_the_kernel_and_the_cgroups) {
  const std::string text = describe_system();
  EXPECT_NE(text.find("kernel: Linux"), std::string::npos) << text;
  EXPECT_NE(text.find("cgroup"), std::string::npos) << text;
}

}  // namespace
}  // namespace foreshock

#include "agent/metrics_in/scrape_targets.h"

#include <chrono>
#include <map>

#include <gtest/gtest.h>

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

class ScrapeTargetsTest : public testing::Test {
 protected:
  ScrapeTargets make() {
    return ScrapeTargets(
        {{"app", "http://a/metrics", 10s}, {"db", "http://b/metrics", 30s}},
        [this](const std::string& url) -> Result<std::string> {
          ++asked_[url];
          return pages_.contains(url)
                     ? Result<std::string>(pages_.at(url))
                     : Result<std::string>(Error(ErrorCode::unavailable, url + ": no answer"));
        },
        table_);
  }
  std::map<std::string, std::string> pages_;
  std::map<std::string, int> asked_;
  MetricTable table_{100};
  FakeClock clock_;
};

TEST_F(ScrapeTargetsTest, are_fetched_when_they_are_due) {
  pages_["http://a/metrics"] = "up 1\n";
  pages_["http://b/metrics"] = "up 2\n";
  auto targets = make();
  const auto start = clock_.boot_now();
  EXPECT_EQ(targets.scrape_due(clock_), start + 10s);
  const auto taken = table_.take(start);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].labels, "target=app");
  EXPECT_EQ(taken[1].value, 2);
  clock_.advance(9s);
  targets.scrape_due(clock_);
  EXPECT_EQ(asked_["http://a/metrics"], 1);
  clock_.advance(1s);
  targets.scrape_due(clock_);
  EXPECT_EQ(asked_["http://a/metrics"], 2);
  EXPECT_EQ(asked_["http://b/metrics"], 1);
}

TEST_F(ScrapeTargetsTest, that_fail_say_why_until_they_work) {
  pages_["http://b/metrics"] = "<html>\n";
  auto targets = make();
  targets.scrape_due(clock_);
  EXPECT_EQ(targets.states()[0].problem, "http://a/metrics: no answer");
  EXPECT_EQ(targets.states()[0].failures, 1u);
  EXPECT_EQ(targets.states()[1].problem, "http://b/metrics: no metrics on the page");
  pages_["http://a/metrics"] = "up 1\n";
  clock_.advance(10s);
  targets.scrape_due(clock_);
  EXPECT_EQ(targets.states()[0].problem, "");
}

}  // namespace
}  // namespace foreshock::agent

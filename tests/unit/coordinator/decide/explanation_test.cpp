#include "coordinator/decide/explanation.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/unit/coordinator/decide/decision_fixture.h"

namespace foreshock::coordinator::test {
namespace {

DecisionRow row_of(const Decision& decision) {
  DecisionRow row;
  row.id = 7;
  row.time = decision.facts.now;
  row.policy = decision.policy;
  row.mode = to_string(decision.mode);
  row.host_name = decision.facts.host_name;
  row.cgroup = decision.facts.workload.cgroup;
  row.knob = to_string(decision.knob);
  row.outcome = to_string(decision.outcome);
  row.before = decision.facts.current_limit;
  row.wanted = decision.wanted;
  row.reason = decision.reason;
  row.details = to_json_text(decision);
  return row;
}

std::string explained(const DecisionRow& row) {
  const auto text = explain(row);
  EXPECT_TRUE(text) << text.error().message();
  return text ? *text : "";
}

void expect_all_in(const std::string& text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
}

std::size_t count_in(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(Explanation, tells_the_whole_story_of_a_raise) {
  DecisionRow row = row_of(make_decision());
  row.action_outcome = make_outcome(7);
  const std::string text = explained(row);
  expect_all_in(text, {"decision 7: raise cpu_max of /work.slice on alpha",
                       "web (auto)",
                       "500m -> 1500m",
                       "train.py announces 1.25 cores",
                       "keep 500m",
                       "0.8 s old",
                       "holt_winters+leads",
                       "train.py --epochs <n>",
                       "seen 3.0 s before",
                       "load expected 12.0 s after",
                       "* forecast",
                       "1800m",
                       "p90 of the forecast",
                       "live_need",
                       "480m",
                       "max",
                       "the policy's maximum",
                       "result: applied",
                       "0.020 s after the decision",
                       "ahead of the load 12.0 s"});
}

TEST(Explanation, a_long_band_is_cut_to_parts_and_keeps_its_peak) {
  const std::string json = to_json_text(make_decision());
  EXPECT_EQ(count_in(json, "\"at\":"), kBandParts);
  expect_all_in(json, {"\"points\":120", format_utc(kNow + std::chrono::seconds(77)), "1.75"});
}

TEST(Explanation, says_why_there_is_no_forecast) {
  Decision decision = make_decision();
  decision.facts.forecast.reset();
  decision.facts.no_forecast_reason = "needs 30 s more";
  decision.facts.live_use.reset();
  decision.facts.sample_age.reset();
  decision.clips.clear();
  decision.action.reset();
  expect_all_in(explained(row_of(decision)),
                {"forecast: none, needs 30 s more", "use               unknown",
                 "newest sample     none", "clips: none", "result: nothing to do"});
}

TEST(Explanation, says_what_did_not_happen) {
  Decision decision = make_decision();
  expect_all_in(explained(row_of(decision)), {"not reported by the agent yet"});
  decision.mode = PolicyMode::observe;
  expect_all_in(explained(row_of(decision)), {"only observed"});
  DecisionRow refused = row_of(decision);
  refused.action_outcome = make_outcome(7);
  refused.action_outcome->status = ActionStatus::refused;
  refused.action_outcome->refusal = Refusal::below_floor;
  refused.action_outcome->after.reset();
  refused.action_outcome->detail = "floor is 600m";
  const std::string text = explained(refused);
  expect_all_in(text, {"result: refused, below_floor", "500m -> max", "floor is 600m"});
  EXPECT_EQ(text.find("ahead of the load"), std::string::npos);
}

TEST(Explanation, shows_memory_in_bytes_of_people) {
  Decision decision = make_decision();
  decision.knob = Knob::memory_max;
  decision.wanted = 512 << 20;
  decision.facts.working_set = 256 << 20;
  expect_all_in(explained(row_of(decision)), {"512.0 MiB", "working set       256.0 MiB"});
}

TEST(Explanation, bytes_of_hosts_cannot_break_it_or_steer_a_terminal) {
  Decision decision = make_decision();
  decision.facts.workload.cgroup = "/\xff\x1b[2J";
  decision.facts.host_name = "a\nb";
  decision.facts.forecast->leads[0].signature = std::string("x\0\x1b]0;y\x07\xc3(", 11);
  decision.facts.forecast->mean[0] = std::numeric_limits<double>::quiet_NaN();
  decision.facts.forecast->quantiles[0].fill(std::numeric_limits<double>::infinity());
  DecisionRow row = row_of(decision);
  row.action_outcome = make_outcome(7);
  row.action_outcome->detail = "\x1b[31m";
  row.action_outcome->time = WallTime::min();
  const std::string text = explained(row);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_EQ(text.find("a\nb"), std::string::npos);
}

TEST(Explanation, details_that_are_damaged_are_an_error) {
  for (const char* details : {"", "{", "[]", "{}", "null", R"({"inputs":1,"counter_factual":2})"}) {
    DecisionRow row = row_of(make_decision());
    row.details = details;
    const auto text = explain(row);
    ASSERT_FALSE(text) << details;
    EXPECT_EQ(text.error().code(), ErrorCode::corrupt);
    EXPECT_NE(text.error().message().find("decision 7"), std::string::npos);
  }
}

}  // namespace
}  // namespace foreshock::coordinator::test

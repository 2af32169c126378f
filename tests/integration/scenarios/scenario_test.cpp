// Policy behaviour as data: each scenarios/*.toml gives a policy and facts, and expects a decision
// with its reasons.

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "common/config/toml_document.h"
#include "coordinator/plan/planner.h"
#include "coordinator/policy/policy_parser.h"

namespace foreshock::coordinator {
namespace {

const WallTime kNow{std::chrono::hours(24 * 20000)};

std::uint64_t capacity_of(const Policy& policy, const std::string& text) {
  if (policy.resource == Resource::cpu) return parse_millicores(text).value_or(0);
  return parse_bytes(text).value_or(Bytes{}).count;
}

std::optional<std::uint64_t> read_capacity(TomlTable& table, const std::string& key,
                                           const Policy& policy) {
  const std::string text = table.text(key, "");
  return text.empty() || text == "max" ? std::nullopt : std::optional(capacity_of(policy, text));
}

/// Each value is the forecast of one step, at every quantile; the last one goes on past the lead
/// time unless `forecast_ends_early` says otherwise.
Forecast read_forecast(TomlTable& table, const Policy& policy, std::vector<std::string> values) {
  Forecast forecast;
  forecast.start = kNow;
  forecast.step = table.duration("forecast_step", std::chrono::seconds(1));
  forecast.model = "test-model";
  const bool ends_early = table.boolean("forecast_ends_early", false);
  while (!ends_early &&
         forecast.step * static_cast<std::int64_t>(values.size()) <= policy.lead_time) {
    values.push_back(values.back());
  }
  for (const auto& text : values) {
    const double value = std::stod(text);
    forecast.mean.push_back(value);
    Quantiles quantiles;
    quantiles.fill(value);
    forecast.quantiles.push_back(quantiles);
  }
  for (auto& lead : table.tables("lead")) {
    LeadContribution contribution;
    contribution.signature = lead.required_text("signature");
    contribution.seen = kNow - lead.duration("seen_ago", {});
    contribution.expected_onset = kNow + lead.duration("onset_in", {});
    contribution.expected_end = kNow + lead.duration("end_in", {});
    contribution.effect = 1;
    forecast.leads.push_back(std::move(contribution));
  }
  return forecast;
}

Facts read_facts(TomlTable table, const Policy& policy) {
  Facts facts;
  facts.now = kNow;
  facts.workload = {1, "/work"};
  facts.cgroup_id = 77;
  facts.current_limit = read_capacity(table, "current_limit", policy);
  facts.live_use = read_capacity(table, "live_use", policy);
  facts.working_set = read_capacity(table, "working_set", policy);
  facts.throttled = table.boolean("throttled", false);
  if (table.has("sample_age")) facts.sample_age = table.duration("sample_age", {});
  facts.losses = static_cast<std::uint64_t>(table.integer("losses", 0, 0, 1'000'000));
  facts.recent_peak_want = read_capacity(table, "recent_peak_want", policy);
  if (table.has("last_lowered_ago"))
    facts.last_lowered = kNow - table.duration("last_lowered_ago", {});
  facts.no_forecast_reason = table.text("no_forecast_reason", "");
  const auto values = table.texts("forecast", {});
  if (!values.empty()) facts.forecast = read_forecast(table, policy, values);
  return facts;
}

class Scenario : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Scenario, decides_as_expected) {
  auto document = TomlDocument::read(GetParam().string());
  ASSERT_TRUE(document) << document.error().message();
  TomlTable root = document->root();
  root.required_text("about");
  const auto policies = read_policies(root);
  ASSERT_EQ(policies.size(), 1u);
  const Facts facts = read_facts(root.table("facts"), policies[0]);
  const Decision decision = plan(policies[0], facts);

  TomlTable expected = root.table("expect");
  EXPECT_EQ(to_string(decision.outcome), expected.required_text("outcome")) << decision.reason;
  if (const auto wanted = read_capacity(expected, "wanted", policies[0])) {
    EXPECT_EQ(decision.wanted, *wanted) << decision.reason;
  }
  const std::string winner = expected.text("winner", "");
  if (!winner.empty()) {
    EXPECT_EQ(decision.winner, winner);
  }
  std::vector<std::string> rules;
  for (const auto& clip : decision.clips) rules.push_back(clip.rule);
  EXPECT_EQ(rules, expected.texts("clips", {})) << decision.reason;
  for (const auto& words : expected.texts("reason_says", {})) {
    EXPECT_NE(decision.reason.find(words), std::string::npos)
        << words << " is not in: " << decision.reason;
  }
  for (const auto& words : expected.texts("counter_factual_says", {})) {
    EXPECT_NE(decision.counter_factual.find(words), std::string::npos) << decision.counter_factual;
  }
  const bool changes =
      decision.outcome == DecisionOutcome::raise || decision.outcome == DecisionOutcome::lower;
  EXPECT_EQ(decision.action.has_value(), changes);
  if (decision.action) {
    EXPECT_EQ(*decision.action, (Adjustment{{"/work", 77}, policies[0].knob, decision.wanted}));
  }
  const auto finished = document->finish();
  EXPECT_TRUE(finished) << finished.error().message();
}

std::vector<std::filesystem::path> scenario_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(FORESHOCK_SCENARIOS)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Scenario, testing::ValuesIn(scenario_files()),
                         [](const auto& file) {
                           std::string name = file.param.stem().string();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace foreshock::coordinator

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/base/clock.h"
#include "common/text/display.h"
#include "coordinator/offline/offline_verbs.h"
#include "tests/support/temp_dir.h"

using namespace std::chrono_literals;

namespace foreshock::coordinator {
namespace {

const WallTime kStart = parse_utc("2024-04-01T00:00:00Z").value();  // a Monday, Easter's

struct Outcome {
  ExitStatus status = ExitStatus::success;
  std::string out;
  std::string err;
};

/// An office's load from 11 March until the end of 30 April, Good Friday and Easter Monday as quiet
/// as Sundays are.
std::string office(std::chrono::minutes step) {
  std::string text = "timestamp,value\n";
  const WallTime first = kStart - 24h * 21;
  for (WallTime time = first; time < kStart + 24h * 30; time += step) {
    const auto hour = static_cast<double>((time - first) / 1h);
    const auto day = static_cast<std::int64_t>((time - first) / 24h);
    const bool is_quiet = day % 7 >= 5 || day == 18 || day == 21;
    const double value = (is_quiet ? 10 : 50) + 5 * std::sin(hour / 24 * 6.2831853) +
                         std::sin(hour * 7.3) + std::cos(hour * 3.1);
    text += fmt::format("{},{:.3f}\n", format_utc(time), value);
  }
  return text;
}

class ForecastFile : public testing::Test {
 protected:
  Outcome forecast(const std::string& csv, std::vector<std::string> more = {}) {
    std::ofstream(in) << csv;
    std::ostringstream out, err;
    ExitStatus status = ExitStatus::success;
    CLI::App app("test");
    add_verbs(app, offline_verbs({out, err, {}}, status, {}), "forecast");
    std::vector<std::string> words = {"forecast", "--csv", in};
    words.insert(words.end(), more.begin(), more.end());
    std::ranges::reverse(words);
    app.parse(words);
    return {status, out.str(), err.str()};
  }

  test::TempDir dir;
  const std::string in = dir / "load.csv";
};

double at_noon(const Outcome& outcome, std::string_view what) {
  const auto json = nlohmann::json::parse(outcome.out);
  for (const auto& point : json.at("points")) {
    if (point.at("time").get<std::string>().starts_with("2024-05-01T12:00")) return point.at(what);
  }
  return std::nan("");
}

}  // namespace

TEST_F(ForecastFile, knows_what_a_holiday_does_only_when_it_is_told_of_holidays) {
  const std::vector<std::string> words = {"--horizon", "48h", "--json"};
  const auto plain = forecast(office(60min), words);
  ASSERT_EQ(plain.status, ExitStatus::success) << plain.err;
  EXPECT_GT(at_noon(plain, "q50"), 40);
  EXPECT_FALSE(nlohmann::json::parse(plain.out).contains("known_ahead"));

  auto more = words;
  more.insert(more.end(), {"--holidays", "DE"});
  const auto informed = forecast(office(60min), more);
  ASSERT_EQ(informed.status, ExitStatus::success) << informed.err;
  EXPECT_LT(at_noon(informed, "q50"), 20);
  EXPECT_LT(at_noon(informed, "q975"), 40);
  const auto known = nlohmann::json::parse(informed.out).at("known_ahead").at(0);
  EXPECT_EQ(known.at("name"), "holidays DE");
  EXPECT_EQ(known.at("used"), true);
  EXPECT_TRUE(known.contains("like_day"));
}

TEST_F(ForecastFile, does_not_repeat_yesterdays_campaign_and_says_what_campaigns_bring) {
  std::string text = "timestamp,value\n";
  std::string campaigns = "start,end\n";
  for (int day = 2; day < 29; day += 3) {
    const WallTime begin = kStart + 24h * day + 10h;
    campaigns += fmt::format("{},{}\n", format_utc(begin), format_utc(begin + 3h));
  }
  for (int hour = 0; hour < 24 * 27; ++hour) {
    const bool is_on = (hour / 24) % 3 == 2 && hour % 24 >= 10 && hour % 24 < 13;
    text += fmt::format("{},{:.3f}\n", format_utc(kStart + 1h * hour),
                        20 + std::sin(hour * 7.3) + (is_on ? 30 : 0));
  }
  const std::string events = dir / "campaigns.csv";
  std::ofstream(events) << campaigns;
  const auto outcome = forecast(text, {"--horizon", "24h", "--events", events, "--json"});
  ASSERT_EQ(outcome.status, ExitStatus::success) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  for (const auto& point : json.at("points")) EXPECT_NEAR(point.at("q50"), 20, 3);
  EXPECT_NEAR(json.at("known_ahead").at(0).at("per_unit"), 30, 3);

  const auto table = forecast(text, {"--horizon", "24h", "--events", events});
  EXPECT_NE(table.out.find("KNOWN AHEAD"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("for each"), std::string::npos) << table.out;
}

TEST_F(ForecastFile, says_what_is_wrong_with_what_is_known_ahead) {
  const auto unknown = forecast(office(60min), {"--holidays", "XX"});
  EXPECT_NE(unknown.status, ExitStatus::success);
  EXPECT_NE(unknown.err.find("XX"), std::string::npos) << unknown.err;

  const std::string events = dir / "campaigns.csv";
  std::ofstream(events) << "start,end\nyesterday,today\n";
  const auto broken = forecast(office(60min), {"--events", events});
  EXPECT_NE(broken.status, ExitStatus::success);
  EXPECT_NE(broken.err.find("campaigns.csv:2"), std::string::npos) << broken.err;

  const auto calendar = forecast(office(60min), {"--events", "team.ics"});
  EXPECT_NE(calendar.err.find("[[calendar]]"), std::string::npos) << calendar.err;

  const auto twice = forecast(office(60min), {"--holidays", "DE", "--holidays", "DE"});
  EXPECT_NE(twice.status, ExitStatus::success);
  EXPECT_NE(twice.err.find("holidays DE: is named twice"), std::string::npos) << twice.err;

  const auto daily = forecast(office(24h), {"--horizon", "168h", "--holidays", "DE"});
  EXPECT_NE(daily.status, ExitStatus::success);
  EXPECT_NE(daily.err.find("24 h apart"), std::string::npos) << daily.err;
}

}  // namespace foreshock::coordinator

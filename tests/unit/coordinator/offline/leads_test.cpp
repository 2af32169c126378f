#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/clock.h"
#include "coordinator/offline/offline_verbs.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

struct Outcome {
  ExitStatus status = ExitStatus::success;
  std::string out;
  std::string err;
};

constexpr const char* kHeader =
    "arrival_utc,kind,host,user,timestamp_utc,command,args,series_id,value,task_id,horizon\n";

std::string read_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string utc(int minute) {
  return format_utc(WallTime(std::chrono::hours(24 * 20000)) + std::chrono::minutes(minute));
}

/// Four days of one host: "export" leads ten minutes of load after five minutes. Ends with a run
/// and the question what comes of it.
std::string stream() {
  std::mt19937_64 engine(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::string text = kHeader;
  int next = 200;
  int loaded_until = -1;
  int loaded_from = -1;
  for (int minute = 0; minute < 4 * 1440; ++minute) {
    if (minute == next || minute == 4 * 1440 - 1) {
      text += fmt::format("{0},event,web,ann,{0},/usr/bin/export,--all,,,,\n", utc(minute));
      loaded_from = minute + 5;
      loaded_until = minute + 15;
      next = minute + 120 + static_cast<int>(uniform(engine) * 240);
    }
    const bool loaded = minute >= loaded_from && minute < loaded_until;
    text += fmt::format("{},load,,,{},,,cpu:web,{:.3f},,\n", utc(minute + 1), utc(minute),
                        1 + 0.1 * uniform(engine) + (loaded ? 3 : 0));
  }
  return text + fmt::format("{},ask,,,{},,,cpu:web,,task1,20\n", utc(4 * 1440), utc(4 * 1440 - 1));
}

class LeadsLearn : public testing::Test {
 protected:
  Outcome learn(const std::string& text, std::vector<std::string> more = {}) {
    std::ofstream(in) << text;
    std::ostringstream out, err;
    ExitStatus status = ExitStatus::success;
    CLI::App app("test");
    add_verbs(app, offline_verbs({out, err, {}}, status, {}), "leads");
    std::vector<std::string> words = {"leads", "learn", "--stream", in};
    words.insert(words.end(), more.begin(), more.end());
    std::ranges::reverse(words);
    app.parse(words);
    return {status, out.str(), err.str()};
  }

  test::TempDir dir;
  const std::string in = dir.path() + "/stream.csv";
  const std::string leads = dir.path() + "/leads.csv";
  const std::string forecasts = dir.path() + "/forecasts.csv";
  const std::string saved = dir.path() + "/leads.json";
};

TEST_F(LeadsLearn, lists_the_lead_and_forecasts_its_load) {
  const Outcome outcome =
      learn(stream(), {"--leads", leads, "--forecasts", forecasts, "--save", saved});
  ASSERT_EQ(outcome.status, ExitStatus::success) << outcome.err;
  EXPECT_NE(outcome.out.find("export"), std::string::npos);
  EXPECT_NE(read_text(leads).find("\n1,export,,,same host,"), std::string::npos);
  EXPECT_NE(read_text(saved).find("\"signature\":\"export\""), std::string::npos);

  std::istringstream rows(read_text(forecasts));
  std::string row;
  std::getline(rows, row);
  EXPECT_EQ(row, "task_id,series_id,timestamp_utc,mean,q05,q10,q50,q90,q95");
  std::vector<double> means;
  while (std::getline(rows, row)) {
    EXPECT_TRUE(row.starts_with("task1,cpu:web,"));
    std::istringstream fields(row);
    std::string field;
    for (int i = 0; i < 4; ++i) std::getline(fields, field, ',');
    means.push_back(std::stod(field));
  }
  ASSERT_EQ(means.size(), 20U);
  EXPECT_NEAR(means[1], 1.05, 0.3);
  EXPECT_NEAR(means[8], 4, 0.8);
}

TEST_F(LeadsLearn, says_where_a_row_is_wrong) {
  const std::string row = utc(0) + ",load,,," + utc(0) + ",,,mem:web,1,,\n";
  const Outcome outcome = learn(kHeader + row);
  EXPECT_EQ(outcome.status, ExitStatus::failure);
  EXPECT_NE(outcome.err.find("stream.csv:2: series_id"), std::string::npos) << outcome.err;
}

TEST_F(LeadsLearn, an_empty_stream_has_no_leads) {
  const Outcome outcome = learn(kHeader);
  EXPECT_EQ(outcome.status, ExitStatus::success) << outcome.err;
  EXPECT_EQ(outcome.out, "no lead command was found\n");
}

}  // namespace
}  // namespace foreshock::coordinator

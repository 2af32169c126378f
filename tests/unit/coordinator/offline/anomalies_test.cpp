#include <algorithm>
#include <fstream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "coordinator/offline/offline_verbs.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {

namespace {

struct Outcome {
  ExitStatus status = ExitStatus::success;
  std::string out;
  std::string err;
};

class AnomaliesScore : public testing::Test {
 protected:
  Outcome score(const std::string& text, std::vector<std::string> more = {}) {
    std::ofstream(in) << text;
    std::ostringstream out, err;
    ExitStatus status = ExitStatus::success;
    CLI::App app("test");
    add_verbs(app, offline_verbs({out, err, {}}, status, {}), "anomalies");
    std::vector<std::string> words = {"anomalies", "score", "--in", in};
    words.insert(words.end(), more.begin(), more.end());
    std::ranges::reverse(words);
    app.parse(words);
    return {status, out.str(), err.str()};
  }

  static std::string rows(int count, int spike_at) {
    std::string text = "timestamp,value\n";
    for (int row = 0; row < count; ++row) {
      text += "2024-01-" + std::to_string(10 + row / 24) + "T" + (row % 24 < 10 ? "0" : "") +
              std::to_string(row % 24) + ":00:00Z," +
              std::to_string(row == spike_at ? 500 : 10 + row % 7) + "\n";
    }
    return text;
  }

  test::TempDir dir;
  const std::string in = dir.path() + "/in.csv";
  const std::string scores = dir.path() + "/scores.csv";
};

std::string read_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_F(AnomaliesScore, writes_one_row_a_row) {
  const Outcome outcome = score(rows(200, 180), {"--out", scores});
  EXPECT_EQ(outcome.status, ExitStatus::success) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  const std::string text = read_text(scores);
  EXPECT_EQ(std::ranges::count(text, '\n'), 201);
  EXPECT_TRUE(text.starts_with("timestamp,value,anomaly_score\n2024-01-10T00:00:00Z,10,0\n"));
  EXPECT_NE(text.find("2024-01-17T12:00:00Z,500,0.9"), std::string::npos);
}

TEST_F(AnomaliesScore, lists_what_it_found_and_why) {
  const Outcome outcome = score(rows(200, 180));
  EXPECT_NE(outcome.out.find("500 is above all values seen, up to now 16"), std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.out.find("200 rows, 1 anomalies"), std::string::npos) << outcome.out;
}

TEST_F(AnomaliesScore, sums_up_for_programs) {
  const Outcome outcome = score(rows(200, 180), {"--json"});
  EXPECT_NE(outcome.out.find("\"anomalies\": 1"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\"detector\": \"value\""), std::string::npos) << outcome.out;
}

TEST_F(AnomaliesScore, takes_a_row_without_a_value_for_a_gap) {
  const Outcome outcome = score("timestamp,value\n2024-01-01 00:00:00,\n2024-01-01 00:05:00,1\n");
  EXPECT_EQ(outcome.status, ExitStatus::success);
  EXPECT_NE(outcome.out.find("1 without a value"), std::string::npos) << outcome.out;
}

TEST_F(AnomaliesScore, names_the_line_that_is_wrong) {
  const Outcome outcome = score("timestamp,value\n2024-01-01T00:00:00Z,1\nyesterday,2\n");
  EXPECT_EQ(outcome.status, ExitStatus::failure);
  EXPECT_NE(outcome.err.find("in.csv:3: timestamp"), std::string::npos) << outcome.err;
}

}  // namespace foreshock::coordinator

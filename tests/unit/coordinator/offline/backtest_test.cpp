#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>

#include <CLI/CLI.hpp>
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

/// A day's wave, by the hour, from 2024-01-01 on.
std::string history(int hours_count) {
  std::string text = "series_id,timestamp_utc,value\n";
  for (int hour = 0; hour < hours_count; ++hour) {
    const auto time = wall_time_from_ms(1'704'067'200'000 + hour * 3'600'000LL);
    const double value = 10 + 5 * std::sin(hour * 0.2618) + 0.1 * (hour * 7 % 13);
    text += "s," + format_utc(time) + "," + std::to_string(value) + "\n";
  }
  return text;
}

class Backtest : public testing::Test {
 protected:
  Outcome run(std::vector<std::string> words) {
    std::ostringstream out, err;
    ExitStatus status = ExitStatus::success;
    CLI::App app("test");
    add_verbs(app, offline_verbs({out, err, {}}, status, {}), words.front());
    std::ranges::reverse(words);
    app.parse(words);
    return {status, out.str(), err.str()};
  }
  Outcome backtest(const std::string& series, const std::string& tasks) {
    std::ofstream(directory.path() + "/history.csv") << series;
    std::ofstream(directory.path() + "/tasks.csv")
        << "task_id,series_id,origin_utc,freq_s,horizon\n" + tasks;
    return run({"backtest", "--history", directory.path() + "/history.csv", "--tasks",
                directory.path() + "/tasks.csv", "--out", directory.path() + "/out.csv"});
  }
  std::string written() const {
    std::ifstream file(directory.path() + "/out.csv");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  test::TempDir directory;
};

TEST_F(Backtest, forecasts_each_task_and_tells_how_it_came_out) {
  const auto done = backtest(history(480), "t1,s,2024-01-15T00:00:00Z,3600,24\n");
  EXPECT_EQ(done.status, ExitStatus::success) << done.err;
  EXPECT_NE(done.out.find("1 of 1 tasks forecast"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("against what came"), std::string::npos) << done.out;
  const std::string csv = written();
  EXPECT_EQ(std::ranges::count(csv, '\n'), 25);
  EXPECT_NE(csv.find("\nt1,s,2024-01-15T01:00:00Z,"), std::string::npos) << csv;
}

TEST_F(Backtest, nothing_after_the_origin_changes_a_forecast) {
  const std::string tasks = "t1,s,2024-01-15T00:00:00Z,3600,24\n";
  backtest(history(480), tasks);
  const std::string with_future = written();
  backtest(history(14 * 24 + 1), tasks);
  EXPECT_EQ(with_future, written());
}

TEST_F(Backtest, says_which_line_is_wrong) {
  const auto unknown = backtest(history(240), "t1,other,2024-01-05T00:00:00Z,3600,24\n");
  EXPECT_EQ(unknown.status, ExitStatus::failure);
  EXPECT_NE(unknown.err.find("tasks.csv:2: series_id"), std::string::npos) << unknown.err;
  const auto step = backtest(history(240), "t1,s,2024-01-05T00:00:00Z,0,24\n");
  EXPECT_NE(step.err.find("tasks.csv:2: freq_s"), std::string::npos) << step.err;
}

TEST_F(Backtest, names_a_task_that_has_too_little_history) {
  const auto done = backtest(history(240), "t1,s,2024-01-01T05:00:00Z,3600,24\n");
  EXPECT_EQ(done.status, ExitStatus::success);
  EXPECT_NE(done.err.find("task t1 is left out: 6 of 30 values known"), std::string::npos)
      << done.err;
}

TEST_F(Backtest, forecast_of_a_file_is_drawn_and_tabled) {
  std::ofstream(directory.path() + "/history.csv") << history(480);
  const auto done =
      run({"forecast", "--csv", directory.path() + "/history.csv", "--horizon", "24h", "--plot"});
  EXPECT_EQ(done.status, ExitStatus::success) << done.err;
  EXPECT_NE(done.out.find("2024-01-21T00:00:00"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("combination"), std::string::npos) << done.out;
  const auto json =
      run({"forecast", "--csv", directory.path() + "/history.csv", "--json", "--horizon", "2h"});
  EXPECT_EQ(json.out.front(), '{');
  const auto bad = run({"forecast", "--csv", directory.path() + "/none.csv"});
  EXPECT_EQ(bad.status, ExitStatus::failure);
}

}  // namespace
}  // namespace foreshock::coordinator

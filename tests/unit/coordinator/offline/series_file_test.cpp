#include "coordinator/offline/series_file.h"

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

using std::chrono::minutes;

class SeriesFile : public testing::Test {
 protected:
  Result<std::map<std::string, FileSeries>> read(const std::string& text) {
    std::ofstream(path) << text;
    return read_series_file(path);
  }
  test::TempDir directory;
  std::string path = directory.path() + "/series.csv";
};

TEST_F(SeriesFile, reads_several_series_in_any_order) {
  const auto all = read(
      "series_id,timestamp_utc,value\n"
      "a,2024-01-01T00:00:00Z,1\nb,2024-01-01T00:00:00Z,5\na,2024-01-01T00:05:00Z,\n");
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_EQ(all->at("a").size(), 2u);
  EXPECT_TRUE(std::isnan(all->at("a")[1].value));
  EXPECT_EQ(all->at("b")[0].value, 5);
}

TEST_F(SeriesFile, says_where_a_file_is_wrong) {
  const auto number = read("timestamp,value\n2024-01-01T00:00:00Z,1\n2024-01-01T00:01:00Z,x\n");
  ASSERT_FALSE(number);
  EXPECT_NE(number.error().message().find("series.csv:3"), std::string::npos)
      << number.error().message();
  const auto order = read("timestamp,value\n2024-01-01T00:01:00Z,1\n2024-01-01T00:00:00Z,2\n");
  ASSERT_FALSE(order);
  EXPECT_NE(order.error().message().find("series.csv:3"), std::string::npos)
      << order.error().message();
}

TEST_F(SeriesFile, a_grid_ends_at_the_origin_and_gaps_are_unknown) {
  const auto all = read(
      "timestamp,value\n2024-01-01T00:00:00Z,1\n2024-01-01T00:05:10Z,2\n2024-01-01T00:15:00Z,3\n"
      "2024-01-01T00:20:00Z,4\n");
  ASSERT_TRUE(all) << all.error().message();
  const FileSeries& values = all->at("");
  EXPECT_EQ(usual_step(values), minutes(5));
  const Series series = make_series(values, values[2].time, minutes(5));
  EXPECT_EQ(series.start, values[0].time);
  ASSERT_EQ(series.values.size(), 4u);
  EXPECT_EQ(series.values[0], 1);
  EXPECT_EQ(series.values[1], 2);
  EXPECT_TRUE(std::isnan(series.values[2]));
  EXPECT_EQ(series.values[3], 3);
  EXPECT_TRUE(make_series(values, values[0].time - minutes(1), minutes(5)).values.empty());
}

}  // namespace
}  // namespace foreshock::coordinator

#include "common/text/csv.h"

#include <fstream>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace foreshock {
namespace {

using test::TempDir;
using Rows = std::vector<std::vector<std::string>>;

Result<Rows> read_all(CsvReader& csv) {
  Rows rows;
  while (true) {
    FS_TRY(const bool more, csv.read_row());
    if (!more) return rows;
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < csv.columns().size(); ++i) row.emplace_back(csv.text(i));
  }
}

Rows rows_of(const std::string& text) {
  auto csv = CsvReader::from_text(text, "t.csv");
  EXPECT_TRUE(csv) << csv.error().message();
  auto rows = read_all(*csv);
  EXPECT_TRUE(rows) << rows.error().message();
  return *rows;
}

std::string error_of(const std::string& text) {
  auto csv = CsvReader::from_text(text, "t.csv");
  if (!csv) return csv.error().message();
  auto rows = read_all(*csv);
  return rows ? "no error" : rows.error().message();
}

TEST(CsvReader, reads_rows_with_either_line_end_and_skips_empty_lines) {
  EXPECT_EQ(rows_of("a,b\r\n1,2\r\n\n3,\n,4"), (Rows{{"1", "2"}, {"3", ""}, {"", "4"}}));
  EXPECT_EQ(rows_of("a\n"), Rows{});
}

TEST(CsvReader, takes_quotes_off) {
  EXPECT_EQ(rows_of("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\"\"\n"),
            (Rows{{"x,y", "say \"hi\""}, {"two\nlines", ""}}));
}

TEST(CsvReader, says_where_a_row_is_wrong) {
  EXPECT_EQ(error_of(""), "t.csv: empty, expected a header row");
  EXPECT_EQ(error_of("a,b\n1,2\n\n1\n"), "t.csv:4: 1 fields, the header has 2");
  EXPECT_EQ(error_of("a\n\"two\nlines\"\n\"x\"y\n"), "t.csv:4: quotes that do not match");
  EXPECT_EQ(error_of("a\n1\n\"x\n"), "t.csv:3: a quote that is never closed");
  EXPECT_EQ(error_of("a\n" + std::string(CsvReader::kMaxRowBytes + 2, 'x') + "\n1\n"), "no error");
}

TEST(CsvReader, bounds_a_row_of_a_file) {
  TempDir dir;
  const std::string path = dir.path() + "/long.csv";
  std::ofstream(path) << "a\n" << std::string(3 * CsvReader::kMaxRowBytes, 'x') << "\n";
  auto csv = CsvReader::open(path);
  ASSERT_TRUE(csv);
  const auto row = csv->read_row();
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().message(), path + ":2: a row of more than 1048576 bytes");
}

TEST(CsvReader, names_the_columns_there_are) {
  const auto csv = CsvReader::from_text("\xef\xbb\xbftime,value\n", "t.csv");
  ASSERT_TRUE(csv);
  EXPECT_EQ(*csv->column("time"), 0U);
  EXPECT_EQ(csv->column("host").error().message(),
            "t.csv:1: no column \"host\", there are: time, value");
}

TEST(CsvReader, reads_numbers_and_times) {
  auto csv =
      CsvReader::from_text("n,i,t\n-1.5e3,42,2026-11-21T23:31:03Z\nnan,4.2,today\n", "t.csv");
  ASSERT_TRUE(csv);
  ASSERT_TRUE(*csv->read_row());
  EXPECT_EQ(*csv->number(0), -1500);
  EXPECT_EQ(*csv->integer(1), 42);
  EXPECT_EQ(format_utc(*csv->time(2)), "2026-11-21T23:31:03.000Z");
  ASSERT_TRUE(*csv->read_row());
  EXPECT_EQ(csv->number(0).error().message(), "t.csv:3: n: expected a number, got \"nan\"");
  EXPECT_EQ(csv->integer(1).error().message(), "t.csv:3: i: expected a whole number, got \"4.2\"");
  EXPECT_EQ(csv->time(2).error().message(),
            "t.csv:3: t: expected a time like 2026-11-21T23:31:03Z, got \"today\"");
}

TEST(CsvReader, reads_a_file_larger_than_what_it_reads_at_once) {
  TempDir dir;
  const std::string path = dir.path() + "/large.csv";
  auto writer = CsvWriter::open(path, {"n", "text"});
  ASSERT_TRUE(writer);
  for (std::int64_t n = 0; n < 100'000; ++n) {
    ASSERT_TRUE(writer->add(n).add(std::string_view("some \"quoted\" text")).end_row());
  }
  ASSERT_TRUE(writer->close());
  auto csv = CsvReader::open(path);
  ASSERT_TRUE(csv);
  for (std::int64_t n = 0; n < 100'000; ++n) {
    ASSERT_TRUE(*csv->read_row());
    ASSERT_EQ(*csv->integer(0), n);
    ASSERT_EQ(csv->text(1), "some \"quoted\" text");
  }
  EXPECT_FALSE(*csv->read_row());
  EXPECT_EQ(csv->line(), 100'002U);
}

TEST(CsvReader, says_which_file_is_not_there) {
  const auto csv = CsvReader::open("/nonexistent/x.csv");
  ASSERT_FALSE(csv);
  EXPECT_NE(csv.error().message().find("/nonexistent/x.csv"), std::string::npos);
}

TEST(CsvWriter, writes_what_the_reader_reads) {
  TempDir dir;
  const std::string path = dir.path() + "/out.csv";
  auto writer = CsvWriter::open(path, {"text", "number", "time"});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add(std::string_view("a,\"b\"\n"))
                  .add(0.1)
                  .add(wall_time_from_ms(1'500'000'000'000))
                  .end_row());
  ASSERT_TRUE(writer->add(std::string_view(""))
                  .add(std::numeric_limits<double>::quiet_NaN())
                  .add(wall_time_from_ms(1'500'000'000'250))
                  .end_row());
  ASSERT_TRUE(writer->close());
  std::stringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(
      written.str(),
      "text,number,time\n\"a,\"\"b\"\"\n\",0.1,2017-07-14T02:40:00Z\n,,2017-07-14T02:40:00.250Z\n");
}

TEST(CsvWriter, says_that_the_disk_is_full) {
  auto writer = CsvWriter::open("/dev/full", {"a"});
  ASSERT_TRUE(writer);
  const auto closed = writer->close();
  ASSERT_FALSE(closed);
  EXPECT_NE(closed.error().message().find("write /dev/full"), std::string::npos);
}

}  // namespace
}  // namespace foreshock

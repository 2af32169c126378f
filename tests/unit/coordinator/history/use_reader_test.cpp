#include "coordinator/history/use_reader.h"

#include <chrono>

#include <gtest/gtest.h>

#include "coordinator/history/use_writer.h"
#include "tests/unit/coordinator/history/history_fixture.h"

namespace foreshock::coordinator::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class UseReaderTest : public HistoryTest {
 protected:
  void SetUp() override {
    HistoryTest::SetUp();
    auto opened = UseReader::open(path_);
    ASSERT_TRUE(opened) << opened.error().message();
    use_ = *std::move(opened);
  }
  static CommandUse use_of(const std::string& signature, Nanoseconds cpu) {
    CommandUse use;
    use.cgroup = "/work.slice";
    use.cgroup_id = 42;
    use.signature = signature;
    use.running = 1;
    use.cpu = cpu;
    return use;
  }
  void tell(double second, CommandUse use) {
    Report report = make_report(second);
    report.samples.commands.push_back(std::move(use));
    append_report(report);
  }
  static CommandUseQuery all() {
    CommandUseQuery query;
    query.from = wall(0);
    query.to = wall(1000);
    return query;
  }
  std::vector<CommandUseRow> top(const CommandUseQuery& query = all()) {
    auto rows = use_->top(query);
    EXPECT_TRUE(rows) << rows.error().message();
    return rows ? *std::move(rows) : std::vector<CommandUseRow>();
  }
  std::unique_ptr<UseReader> use_;
};

TEST_F(UseReaderTest, adds_up_what_a_command_used) {
  CommandUse first = use_of("cc x.c", milliseconds(100));
  first.ended = 7;
  first.failed = 2;
  first.withheld = 5;
  first.rss = Bytes{100};
  tell(10, first);
  CommandUse second = use_of("cc x.c", milliseconds(50));
  second.running = 3;
  second.rss = Bytes{70};
  tell(11, second);
  tell(70, use_of("cc x.c", milliseconds(5)));
  tell(70, use_of("postgres", seconds(1)));
  const auto rows = top();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].signature, "postgres");
  EXPECT_EQ(rows[1].signature, "cc x.c");
  EXPECT_EQ(rows[1].workload.cgroup, "/work.slice");
  EXPECT_EQ(rows[1].cpu, milliseconds(155));
  EXPECT_EQ(rows[1].ended, 7U);
  EXPECT_EQ(rows[1].failed, 2U);
  EXPECT_EQ(rows[1].withheld, 5U);
  EXPECT_EQ(rows[1].running, 3U);
  EXPECT_EQ(rows[1].rss, Bytes{100});
}

TEST_F(UseReaderTest, orders_and_bounds_as_asked) {
  CommandUse often = use_of("true", milliseconds(1));
  often.ended = 100;
  tell(10, often);
  tell(10, use_of("python3 train.py", seconds(9)));
  auto query = all();
  query.order = UseOrder::runs;
  query.limit = 1;
  ASSERT_EQ(top(query).size(), 1U);
  EXPECT_EQ(top(query)[0].signature, "true");
  query.from = wall(120);
  EXPECT_TRUE(top(query).empty());
  query = all();
  query.cgroup = "/other.slice";
  EXPECT_TRUE(top(query).empty());
  EXPECT_EQ(parse_use_order("storage"), UseOrder::storage);
  EXPECT_FALSE(parse_use_order("size"));
}

TEST_F(UseReaderTest, what_cannot_be_a_signature_is_other) {
  tell(10, use_of("line\nbreak", seconds(1)));
  tell(10, use_of(std::string(5000, 'x'), seconds(1)));
  ASSERT_EQ(top().size(), 1U);
  EXPECT_EQ(top()[0].signature, "<other>");
}

TEST_F(UseReaderTest, hostile_numbers_do_not_overflow_a_minute) {
  CommandUse huge = use_of("x", Nanoseconds::max());
  huge.read_bytes = Bytes{~std::uint64_t{0}};
  for (int i = 0; i < 50; ++i) tell(10, huge);
  EXPECT_EQ(top().at(0).cpu, Nanoseconds(50 * 1'000'000'000'000'000));
}

TEST_F(UseReaderTest, idle_commands_leave_no_row) {
  tell(10, use_of("sleep <n>", Nanoseconds(0)));
  EXPECT_TRUE(top().empty());
}

TEST_F(UseReaderTest, a_storm_is_one_row_from_beginning_to_end) {
  ExecStorm storm{.cgroup_id = 42,
                  .cgroup = "/work.slice",
                  .began = boot(5),
                  .ended = std::nullopt,
                  .withheld = 10};
  Report report = make_report(10);
  report.storms = {storm};
  append_report(report);
  auto storms = use_->storms(std::nullopt, wall(0), 10);
  ASSERT_TRUE(storms);
  ASSERT_EQ(storms->size(), 1U);
  EXPECT_FALSE(storms->at(0).ended);
  storm.withheld = 30;
  storm.ended = boot(12);
  report = make_report(12);
  report.storms = {storm};
  append_report(report);
  storms = use_->storms(std::nullopt, wall(0), 10);
  ASSERT_EQ(storms->size(), 1U);
  EXPECT_EQ(storms->at(0).began, wall(5));
  EXPECT_EQ(storms->at(0).ended, wall(12));
  EXPECT_EQ(storms->at(0).withheld, 30U);
  EXPECT_TRUE(use_->storms(std::nullopt, wall(100), 10)->empty());
}

TEST_F(UseReaderTest, use_and_storms_end_with_their_time) {
  tell(10, use_of("x", seconds(1)));
  Report report = make_report(10);
  report.storms = {
      {.cgroup_id = 42, .cgroup = "/", .began = boot(5), .ended = boot(6), .withheld = 1}};
  append_report(report);
  ASSERT_TRUE(store_->prune(wall(500), {~std::uint64_t{0}}));
  EXPECT_TRUE(top().empty());
  EXPECT_TRUE(use_->storms(std::nullopt, wall(0), 10)->empty());
}

}  // namespace
}  // namespace foreshock::coordinator::test

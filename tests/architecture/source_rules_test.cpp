// The rules themselves, on small invented trees: each must see what it is there for.

#include "tests/architecture/source_rules.h"

#include <gtest/gtest.h>

namespace foreshock::architecture {
namespace {

SourceFile file_with(const std::string& path, const std::string& text) {
  return parse_source(path, text);
}

std::vector<std::string> directions_of(const std::string& path, const std::string& target) {
  return check_directions({file_with(path, "#include \"" + target + "\"\n")});
}

std::vector<std::string> homes_of(const std::string& path, const std::string& target) {
  return check_homes({file_with(path, "#include <" + target + ">\n")});
}

TEST(ParseSource, sees_both_kinds_of_include_and_tests) {
  const SourceFile file = parse_source("a.cpp",
                                       "#include <vector>\n"
                                       "  #  include \"common/base/result.h\"  // why\n"
                                       "TEST_F(FileSpool, keeps_records) {}\n");
  ASSERT_EQ(file.includes.size(), 2U);
  EXPECT_EQ(file.includes[0].target, "vector");
  EXPECT_TRUE(file.includes[0].angled);
  EXPECT_EQ(file.includes[1].target, "common/base/result.h");
  EXPECT_FALSE(file.includes[1].angled);
  EXPECT_EQ(file.tests, std::vector<std::string>{"FileSpool.keeps_records"});
}

TEST(CheckDirections, allows_includes_that_point_down) {
  EXPECT_TRUE(directions_of("agent/spool/file_spool.cpp", "common/base/result.h").empty());
  EXPECT_TRUE(directions_of("agent/agent.cpp", "agent/spool/file_spool.h").empty());
  EXPECT_TRUE(
      directions_of("coordinator/api/rest_api.h", "coordinator/history/history_store.h").empty());
  EXPECT_TRUE(directions_of("agent/spool/file_spool.cpp", "agent/spool/spool.h").empty());
}

TEST(CheckDirections, refuses_a_station_that_includes_another) {
  const auto violations = directions_of("agent/report/report_builder.cpp", "agent/spool/spool.h");
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0],
            "agent/report/report_builder.cpp includes agent/spool/spool.h: stations do not include "
            "each other");
}

TEST(CheckDirections, treats_an_unknown_folder_as_a_station) {
  EXPECT_EQ(directions_of("agent/brand_new/x.cpp", "agent/spool/spool.h").size(), 1U);
}

TEST(CheckDirections, knows_the_seams_that_another_station_is_handed) {
  EXPECT_TRUE(directions_of("agent/uplink/delivery.cpp", "agent/spool/spool.h").empty());
  EXPECT_EQ(directions_of("agent/uplink/zmq_uplink.cpp", "agent/spool/spool.h").size(), 1U);
  EXPECT_EQ(directions_of("agent/uplink/delivery.cpp", "agent/spool/file_spool.h").size(), 1U);
}

TEST(CheckDirections, refuses_includes_that_point_up) {
  EXPECT_EQ(directions_of("common/base/log.cpp", "common/wire/codec.h").size(), 1U);
  EXPECT_EQ(directions_of("common/os/file.cpp", "agent/cgroup/layout.h").size(), 1U);
  EXPECT_EQ(directions_of("agent/cgroup/layout.cpp", "agent/spool/spool.h").size(), 1U);
  EXPECT_EQ(directions_of("coordinator/plan/planner.cpp", "coordinator/api/rest_api.h").size(), 1U);
  EXPECT_EQ(directions_of("coordinator/api/rest_api.cpp", "coordinator/coordinator.h").size(), 1U);
}

TEST(CheckDirections, refuses_one_program_that_includes_the_other) {
  EXPECT_EQ(directions_of("coordinator/ingest/gateway.cpp", "agent/spool/spool.h").size(), 1U);
  EXPECT_EQ(directions_of("agent/main.cpp", "coordinator/coordinator.h").size(), 1U);
}

TEST(CheckDirections, finds_circles_below_the_stations) {
  const auto violations =
      check_directions({file_with("common/base/a.h", "#include \"common/os/b.h\"\n"),
                        file_with("common/os/b.h", "#include \"common/sync/c.h\"\n"),
                        file_with("common/sync/c.h", "#include \"common/base/a.h\"\n")});
  EXPECT_EQ(violations.size(), 3U);
}

TEST(CheckExceptions, names_those_that_nobody_needs) {
  const auto all = check_exceptions({});
  const auto others = check_exceptions(
      {file_with("agent/uplink/delivery.h", "#include \"agent/spool/spool.h\"\n")});
  EXPECT_GT(all.size(), 0U);
  EXPECT_EQ(others.size(), all.size() - 1);
}

TEST(CheckHomes, lets_a_library_live_at_home_only) {
  EXPECT_TRUE(homes_of("coordinator/sqlite/database.cpp", "sqlite3.h").empty());
  EXPECT_EQ(homes_of("coordinator/history/sqlite_history_store.cpp", "sqlite3.h").size(), 1U);
  EXPECT_EQ(homes_of("agent/uplink/zmq_uplink.cpp", "zmq.hpp").size(), 1U);
  EXPECT_EQ(homes_of("coordinator/ingest/gateway.cpp", "spdlog/spdlog.h").size(), 1U);
}

TEST(CheckHomes, keeps_generated_headers_in_the_codec) {
  const std::string text = "#include \"schemas/report_generated.h\"\n";
  EXPECT_TRUE(check_homes({file_with("common/wire/codec.cpp", text)}).empty());
  EXPECT_EQ(check_homes({file_with("coordinator/ingest/gateway.cpp", text)}).size(), 1U);
}

TEST(CheckHomes, refuses_third_party_types_in_headers_of_others) {
  const SourceFile database = file_with("coordinator/sqlite/database.h", "#include <sqlite3.h>\n");
  const SourceFile neighbour =
      file_with("coordinator/sqlite/x.cpp", "#include \"coordinator/sqlite/database.h\"\n");
  const SourceFile stranger =
      file_with("coordinator/history/x.cpp", "#include \"coordinator/sqlite/database.h\"\n");
  EXPECT_TRUE(check_homes({database, neighbour}).empty());
  EXPECT_EQ(check_homes({database, stranger}).size(), 1U);
}

TEST(CheckHomes, asks_for_the_home_of_an_unknown_library) {
  EXPECT_EQ(homes_of("agent/capture/event_decoder.cpp", "boost/asio.hpp").size(), 1U);
  EXPECT_TRUE(homes_of("agent/capture/event_decoder.cpp", "sys/stat.h").empty());
}

TEST(CheckPathNames, refuses_words_that_say_nothing) {
  EXPECT_EQ(check_path_names({file_with("common/util/text.h", "")}).size(), 1U);
  EXPECT_EQ(check_path_names({file_with("agent/spool/spool_manager.cpp", "")}).size(), 1U);
  EXPECT_TRUE(check_path_names({file_with("agent/spool/file_spool.cpp", "")}).empty());
}

TEST(CheckTestNames, wants_sentences) {
  EXPECT_EQ(check_test_names({file_with("t.cpp", "TEST(FileSpool, Works) {}\n")}).size(), 1U);
  EXPECT_EQ(check_test_names({file_with("t.cpp", "TEST(FileSpool, works) {}\n")}).size(), 1U);
  EXPECT_EQ(check_test_names({file_with("t.cpp", "TEST(file_spool, keeps_records) {}\n")}).size(),
            1U);
  EXPECT_TRUE(
      check_test_names({file_with("t.cpp", "TEST(FileSpool, keeps_records) {}\n")}).empty());
}

TEST(CheckTopLevel, names_what_does_not_belong_there) {
  EXPECT_TRUE(check_top_level({"agent", "build", ".git", "README.md"}).empty());
  EXPECT_EQ(check_top_level({"agent", "scripts"}),
            std::vector<std::string>{"scripts does not belong at the top of the repository"});
}

}  // namespace
}  // namespace foreshock::architecture

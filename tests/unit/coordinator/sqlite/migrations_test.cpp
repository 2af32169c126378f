#include "coordinator/sqlite/migrations.h"

#include <array>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

constexpr EmbeddedFile kFirst{
    "0001_things.sql",
    "CREATE TABLE thing (name TEXT); -- a comment\nINSERT INTO thing VALUES ('a');"};
constexpr EmbeddedFile kSecond{"0002_sizes.sql", "ALTER TABLE thing ADD COLUMN size INTEGER;"};
constexpr EmbeddedFile kBroken{"0002_broken.sql",
                               "INSERT INTO thing VALUES ('b'); CREATE NONSENSE;"};

class MigrationsTest : public ::testing::Test {
 protected:
  std::int64_t read(std::string_view sql) { return database_.read_integer(sql).value(); }

  test::TempDir dir_;
  const std::string path_ = dir_ / "some.db";
  Database database_ = Database::open(path_, OpenMode::read_write).value();
};

TEST_F(MigrationsTest, runs_each_once_and_in_order) {
  ASSERT_TRUE(migrate(database_, std::array{kFirst}));
  ASSERT_TRUE(migrate(database_, std::array{kFirst, kSecond}));
  ASSERT_TRUE(migrate(database_, std::array{kFirst, kSecond}));
  EXPECT_EQ(read("PRAGMA user_version"), 2);
  EXPECT_EQ(read("SELECT count(size IS NULL) FROM thing"), 1);
  EXPECT_TRUE(check_schema(database_, std::array{kFirst, kSecond}));
}

TEST_F(MigrationsTest, one_that_fails_leaves_nothing_behind) {
  ASSERT_TRUE(migrate(database_, std::array{kFirst}));
  const auto migrated = migrate(database_, std::array{kFirst, kBroken});
  ASSERT_FALSE(migrated);
  EXPECT_NE(migrated.error().message().find("0002_broken.sql"), std::string::npos)
      << migrated.error().message();
  EXPECT_EQ(read("PRAGMA user_version"), 1);
  EXPECT_EQ(read("SELECT count(*) FROM thing"), 1);
}

TEST_F(MigrationsTest, a_file_of_a_newer_version_is_refused_and_left_alone) {
  ASSERT_TRUE(migrate(database_, std::array{kFirst, kSecond}));
  const auto migrated = migrate(database_, std::array{kFirst});
  ASSERT_FALSE(migrated);
  EXPECT_EQ(migrated.error().code(), ErrorCode::unsupported);
  EXPECT_NE(migrated.error().message().find("newer version"), std::string::npos)
      << migrated.error().message();
  EXPECT_NE(migrated.error().message().find(path_), std::string::npos)
      << migrated.error().message();
  EXPECT_EQ(check_schema(database_, std::array{kFirst}).error().code(), ErrorCode::unsupported);
  EXPECT_EQ(read("PRAGMA user_version"), 2);
}

TEST_F(MigrationsTest, a_reader_of_an_older_file_is_told_to_wait_for_the_service) {
  ASSERT_TRUE(migrate(database_, std::array{kFirst}));
  const auto checked = check_schema(database_, std::array{kFirst, kSecond});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(read("PRAGMA user_version"), 1);
}

}  // namespace
}  // namespace foreshock::coordinator

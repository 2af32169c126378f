#include "coordinator/sqlite/database.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "coordinator/sqlite/transaction.h"
#include "tests/support/temp_dir.h"

namespace foreshock::coordinator {
namespace {

using namespace std::string_literals;

class DatabaseTest : public ::testing::Test {
 protected:
  test::TempDir dir_;
  const std::string path_ = dir_ / "some.db";
};

Database open_with_table(const std::string& path) {
  auto database = Database::open(path, OpenMode::read_write);
  EXPECT_TRUE(database) << database.error().message();
  EXPECT_TRUE(database->execute("CREATE TABLE thing (name TEXT UNIQUE, size INTEGER)"));
  return *std::move(database);
}

std::int64_t count_things(const Database& database) {
  return database.read_integer("SELECT count(*) FROM thing").value();
}

TEST_F(DatabaseTest, gives_back_the_bytes_of_any_text) {
  const Database database = open_with_table(path_);
  auto insert = database.prepare("INSERT INTO thing VALUES (?, ?)").value();
  const std::string texts[] = {"", "it's \"quoted\"; DROP TABLE thing; --", "a\0b"s,
                               "\xff\xfe\xc3(", "\xe2\x82\xac"};
  for (const std::string& text : texts) ASSERT_TRUE(insert.run(text, text.size()));
  auto select = database.prepare("SELECT name, size FROM thing WHERE name = ?").value();
  for (const std::string& text : texts) {
    ASSERT_TRUE(select.start(text));
    ASSERT_TRUE(select.step().value());
    EXPECT_EQ(select.text(0), text);
    EXPECT_FALSE(select.is_null(0));
    EXPECT_EQ(select.unsigned_integer(1), text.size());
    EXPECT_FALSE(select.step().value());
  }
}

TEST_F(DatabaseTest, keeps_every_bit_of_a_number_and_tells_null_from_zero) {
  const Database database = open_with_table(path_);
  auto insert = database.prepare("INSERT INTO thing VALUES (?, ?)").value();
  ASSERT_TRUE(insert.run("largest", ~std::uint64_t{0}));
  ASSERT_TRUE(insert.run("null", std::optional<std::uint64_t>()));
  ASSERT_TRUE(insert.run("not a number", std::nan("")));
  auto select = database.prepare("SELECT size FROM thing ORDER BY name").value();
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.unsigned_integer(0), ~std::uint64_t{0});
  ASSERT_TRUE(select.step().value());
  EXPECT_TRUE(select.is_null(0));
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.optional_integer(0), std::nullopt);
}

TEST_F(DatabaseTest, undoes_a_transaction_that_is_not_committed) {
  const Database database = open_with_table(path_);
  {
    const auto transaction = Transaction::begin_write(database);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database.execute("INSERT INTO thing VALUES ('a', 1)"));
  }
  EXPECT_EQ(count_things(database), 0);
  {
    auto transaction = Transaction::begin_write(database);
    ASSERT_TRUE(database.execute("INSERT INTO thing VALUES ('a', 1)"));
    ASSERT_TRUE(transaction->commit());
  }
  EXPECT_EQ(count_things(database), 1);
}

TEST_F(DatabaseTest, reports_a_broken_constraint_and_works_on) {
  const Database database = open_with_table(path_);
  auto insert = database.prepare("INSERT INTO thing VALUES (?, ?)").value();
  ASSERT_TRUE(insert.run("a", 1));
  const auto again = insert.run("a", 2);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::conflict);
  EXPECT_NE(again.error().message().find(path_), std::string::npos) << again.error().message();
  EXPECT_TRUE(insert.run("b", 2));
}

TEST_F(DatabaseTest, makes_files_that_only_their_owner_can_read) {
  const Database database = open_with_table(path_);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(stat((path_ + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(DatabaseTest, a_reader_sees_its_snapshot_while_the_writer_goes_on) {
  const Database writer = open_with_table(path_);
  const auto reader = Database::open(path_, OpenMode::read_only);
  ASSERT_TRUE(reader) << reader.error().message();
  {
    const auto snapshot = Transaction::begin_read(*reader);
    EXPECT_EQ(count_things(*reader), 0);
    ASSERT_TRUE(writer.execute("INSERT INTO thing VALUES ('a', 1)"));
    EXPECT_EQ(count_things(*reader), 0);
  }
  EXPECT_EQ(count_things(*reader), 1);
}

TEST_F(DatabaseTest, a_reader_cannot_write_and_makes_no_file) {
  const auto missing = Database::open(path_, OpenMode::read_only);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found) << missing.error().message();
  EXPECT_FALSE(std::filesystem::exists(path_));
  const Database writer = open_with_table(path_);
  const auto reader = Database::open(path_, OpenMode::read_only)
                          .value()
                          .execute("INSERT INTO thing VALUES ('a', 1)");
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), ErrorCode::permission_denied);
}

TEST_F(DatabaseTest, says_what_to_do_about_a_file_that_is_no_database) {
  std::ofstream(path_) << std::string(8192, 'x');
  const auto database = Database::open(path_, OpenMode::read_write);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code(), ErrorCode::corrupt);
  EXPECT_NE(database.error().message().find(path_), std::string::npos)
      << database.error().message();
  EXPECT_NE(database.error().message().find("restore a backup"), std::string::npos)
      << database.error().message();
}

TEST_F(DatabaseTest, says_what_to_do_about_a_damaged_schema) {
  { const Database database = open_with_table(path_); }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(1000, '\xee');
  file.close();
  const auto database = Database::open(path_, OpenMode::read_write);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code(), ErrorCode::corrupt) << database.error().message();
  EXPECT_NE(database.error().message().find("-wal"), std::string::npos)
      << database.error().message();
}

TEST_F(DatabaseTest, a_directory_that_is_not_there_is_named) {
  const auto database = Database::open(dir_ / "no" + "/some.db", OpenMode::read_write);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code(), ErrorCode::not_found);
  EXPECT_NE(database.error().message().find("/no/some.db"), std::string::npos)
      << database.error().message();
}

constexpr WalLimits kSmall{.move_bytes = 1 << 20, .truncate_bytes = 4 << 20};

TEST_F(DatabaseTest, moves_the_log_into_the_file_when_it_has_grown) {
  const Database database = open_with_table(path_);
  auto insert = database.prepare("INSERT INTO thing VALUES (?, 0)").value();
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    ASSERT_TRUE(insert.run(std::string(1 << 20, letter)));
    ASSERT_TRUE(database.checkpoint_if_due(kSmall));
  }
  // 26 MiB went through a log that begins anew each time it holds more than one.
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), std::uintmax_t{4} << 20);
}

TEST_F(DatabaseTest, a_reader_that_holds_a_snapshot_stops_no_commit) {
  const Database database = open_with_table(path_);
  const auto reader = Database::open(path_, OpenMode::read_only).value();
  auto insert = database.prepare("INSERT INTO thing VALUES (?, ?)").value();
  {
    const auto snapshot = Transaction::begin_read(reader);
    ASSERT_EQ(count_things(reader), 0);
    for (char letter = 'a'; letter <= 'h'; ++letter) {
      ASSERT_TRUE(insert.run(std::string(1 << 20, letter), 0));
      ASSERT_TRUE(database.checkpoint_if_due(kSmall));
    }
    EXPECT_GT(database.wal_bytes(), kSmall.truncate_bytes);
    EXPECT_EQ(count_things(reader), 0);
  }
  ASSERT_TRUE(insert.run("last", 0));
  ASSERT_TRUE(database.checkpoint_if_due(kSmall));
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), 0U);
  EXPECT_EQ(count_things(reader), 9);
}

}  // namespace
}  // namespace foreshock::coordinator

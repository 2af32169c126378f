#include "coordinator/history/binary_reader.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator/history/history_fixture.h"

namespace foreshock::coordinator::test {
namespace {

constexpr std::uint64_t kId = 0xfedcba9876543210;

BinaryProfile make_binary(std::uint64_t id, std::string path) {
  BinaryProfile binary;
  binary.id = id;
  binary.build_id = "12ab";
  binary.path = std::move(path);
  binary.traits.file = {1 << 20};
  binary.traits.text = {1 << 16};
  binary.traits.instructions = 1000;
  binary.traits.mix = {0.5F, 0, 0, 0, 0.25F, 0, 0.25F, 0, 0};
  binary.traits.cycles = 0.75F;
  binary.traits.complexity = 12.5F;
  binary.traits.imports = 30;
  binary.traits.libraries = 2;
  binary.libraries = {"libc.so.6", "libm.so.6"};
  return binary;
}

class BinaryReaderTest : public HistoryTest {
 protected:
  void SetUp() override {
    HistoryTest::SetUp();
    auto opened = BinaryReader::open(path_);
    ASSERT_TRUE(opened) << opened.error().message();
    binaries_ = *std::move(opened);
  }
  void tell(double second, BinaryProfile binary) {
    Report report = make_report(second);
    report.binaries.push_back(std::move(binary));
    append_report(report);
  }
  std::unique_ptr<BinaryReader> binaries_;
};

TEST_F(BinaryReaderTest, lists_what_was_told_the_newest_first) {
  tell(10, make_binary(kId, "/bin/tool"));
  tell(20, make_binary(7, "/bin/other"));
  const auto rows = binaries_->list({});
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[1].profile, make_binary(kId, "/bin/tool"));
  EXPECT_EQ((*rows)[1].last_seen, wall(10));
  EXPECT_EQ(binaries_->list({.text = "oth"})->size(), 1U);
  EXPECT_EQ(binaries_->list({.text = "12ab"})->size(), 2U);
  EXPECT_EQ(binaries_->list({.limit = 1})->size(), 1U);
}

TEST_F(BinaryReaderTest, told_again_it_is_one_and_as_new_as_the_newest) {
  tell(20, make_binary(kId, "/bin/tool"));
  tell(10, make_binary(kId, "/bin/tool"));
  const auto rows = binaries_->list({});
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].last_seen, wall(20));
}

TEST_F(BinaryReaderTest, an_execution_has_what_its_binary_is_like) {
  Report report = make_report(10);
  Execution execution = make_execution(100, 9, {"tool"});
  execution.binary = kId;
  report.executions = {execution, make_execution(101, 9.5, {"tool"})};
  append_report(report);
  EXPECT_FALSE(reader_->executions({})->at(0).binary);
  EXPECT_FALSE(reader_->executions({})->at(1).binary) << "named, but not told yet";
  tell(11, make_binary(kId, "/bin/tool"));
  const auto rows = reader_->executions({});
  EXPECT_FALSE(rows->at(0).binary);
  ASSERT_TRUE(rows->at(1).binary);
  EXPECT_EQ(*rows->at(1).binary, make_binary(kId, "").traits);
}

TEST_F(BinaryReaderTest, one_that_nothing_names_any_more_is_forgotten) {
  tell(10, make_binary(kId, "/bin/tool"));
  const auto prune = [this](double before) {
    while (!store_->prune(wall(before), {1 << 30}).value()) {
    }
    return binaries_->list({})->size();
  };
  EXPECT_EQ(prune(1000), 1U) << "an agent tells it once a day only";
  EXPECT_EQ(prune(3 * 24 * 3600), 0U);
}

}  // namespace
}  // namespace foreshock::coordinator::test

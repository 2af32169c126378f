#include "agent/actuate/undo_journal.h"

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/unit/agent/cgroup/temporary_tree.h"

namespace foreshock::agent {
namespace {

const BootId kBoot{{1, 2}};
const CgroupTarget kJob{"/work/job", 42};
const CgroupTarget kOther{"/other with blank", 43};

class UndoJournalTest : public testing::Test {
 protected:
  std::unique_ptr<UndoJournal> open(BootId boot = kBoot) {
    auto journal = UndoJournal::open(file(), boot);
    EXPECT_TRUE(journal) << (journal ? "" : journal.error().message());
    return *std::move(journal);
  }
  std::string file() const { return directory_.path("/undo"); }
  std::string text() const { return directory_.read("/undo"); }

  TemporaryTree directory_;
};

TEST_F(UndoJournalTest, keeps_the_first_original_across_a_restart) {
  auto journal = open();
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, std::nullopt, 500));
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 500, 300));
  ASSERT_TRUE(journal->record(kOther, Knob::memory_max, 1000, std::nullopt));
  ASSERT_TRUE(journal->record_epoch(7));
  const auto before = journal->entries();
  journal = open();
  EXPECT_EQ(journal->entries(), before);
  EXPECT_EQ(journal->find(kJob, Knob::cpu_max),
            (UndoJournal::Entry{kJob, Knob::cpu_max, std::nullopt, 300}));
  EXPECT_EQ(journal->find(kOther, Knob::memory_max),
            (UndoJournal::Entry{kOther, Knob::memory_max, 1000, std::nullopt}));
  EXPECT_EQ(journal->find(kJob, Knob::memory_max), std::nullopt);
  EXPECT_EQ(journal->highest_epoch(), 7u);
  EXPECT_EQ(journal->damaged_lines(), 0u);
}

TEST_F(UndoJournalTest, is_on_disk_before_record_returns) {
  const auto journal = open();
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 1000, 500));
  EXPECT_NE(text().find("set cpu_max 42 1000 500 /work/job\n"), std::string::npos);
}

TEST_F(UndoJournalTest, what_is_forgotten_stays_forgotten) {
  auto journal = open();
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 1000, 500));
  ASSERT_TRUE(journal->record(kJob, Knob::memory_max, 1000, 500));
  ASSERT_TRUE(journal->forget(kJob, Knob::cpu_max));
  ASSERT_TRUE(journal->forget(kJob, Knob::cpu_max));
  EXPECT_EQ(journal->find(kJob, Knob::cpu_max), std::nullopt);
  journal = open();
  EXPECT_EQ(journal->find(kJob, Knob::cpu_max), std::nullopt);
  EXPECT_TRUE(journal->find(kJob, Knob::memory_max));
}

TEST_F(UndoJournalTest, the_same_path_with_another_inode_is_another_target) {
  const auto journal = open();
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 1000, 500));
  EXPECT_EQ(journal->find({kJob.path, 99}, Knob::cpu_max), std::nullopt);
}

TEST_F(UndoJournalTest, an_epoch_never_goes_back) {
  auto journal = open();
  ASSERT_TRUE(journal->record_epoch(9));
  ASSERT_TRUE(journal->record_epoch(3));
  EXPECT_EQ(journal->highest_epoch(), 9u);
  journal = open();
  EXPECT_EQ(journal->highest_epoch(), 9u);
}

TEST_F(UndoJournalTest, entries_of_another_boot_are_left_out_and_the_epoch_stays) {
  auto journal = open();
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 1000, 500));
  ASSERT_TRUE(journal->record_epoch(9));
  journal = open(BootId{{3, 4}});
  EXPECT_TRUE(journal->entries().empty());
  EXPECT_EQ(journal->highest_epoch(), 9u);
  journal = open();
  EXPECT_TRUE(journal->entries().empty());
}

TEST_F(UndoJournalTest, torn_at_any_byte_it_keeps_every_whole_line) {
  auto journal = open();
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 1000, 500));
  ASSERT_TRUE(journal->record_epoch(9));
  ASSERT_TRUE(journal->record(kOther, Knob::memory_max, 2000, 700));
  ASSERT_TRUE(journal->forget(kJob, Knob::cpu_max));
  const std::string whole = text();
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    const std::string torn = whole.substr(0, bytes);
    directory_.write("/undo", torn);
    journal = open();
    const bool ends_in_mid_line = !torn.empty() && torn.back() != '\n';
    ASSERT_EQ(journal->damaged_lines(), ends_in_mid_line ? 1u : 0u) << bytes;
    const auto lines =
        std::ranges::count(torn, '\n');  // boot, epoch 0, set job, epoch 9, set other, forget job
    ASSERT_EQ(journal->find(kJob, Knob::cpu_max).has_value(), lines >= 3 && lines < 6) << bytes;
    ASSERT_EQ(journal->highest_epoch(), lines >= 4 ? 9u : 0u) << bytes;
    ASSERT_EQ(journal->find(kOther, Knob::memory_max).has_value(), lines >= 5) << bytes;
    // And it goes on from there.
    ASSERT_TRUE(journal->record(kJob, Knob::cpu_weight, 100, 200));
    ASSERT_EQ(open()->find(kJob, Knob::cpu_weight)->last_written, 200u) << bytes;
  }
}

TEST_F(UndoJournalTest, a_flipped_bit_costs_its_line_only) {
  auto journal = open();
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 1000, 500));
  ASSERT_TRUE(journal->record(kOther, Knob::memory_max, 2000, 700));
  std::string damaged = text();
  damaged[damaged.find("1000 500")] = '2';
  directory_.write("/undo", damaged);
  journal = open();
  EXPECT_EQ(journal->damaged_lines(), 1u);
  EXPECT_EQ(journal->find(kJob, Knob::cpu_max), std::nullopt);
  EXPECT_TRUE(journal->find(kOther, Knob::memory_max));
}

TEST_F(UndoJournalTest, hostile_bytes_are_counted_and_left_out) {
  directory_.write("/undo", std::string("\0\xff\n\n        \nset cpu_max 1 2 3 /a\n", 34) +
                                std::string(5000, 'x') + "\n");
  const auto journal = open();
  EXPECT_TRUE(journal->entries().empty());
  EXPECT_EQ(journal->damaged_lines(), 5u);
}

TEST_F(UndoJournalTest, does_not_grow_with_the_number_of_changes) {
  auto journal = open();
  for (std::uint64_t value = 0; value < 1500; ++value) {
    ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 1000, value));
  }
  EXPECT_LT(std::ranges::count(text(), '\n'), 1200);
  EXPECT_EQ(open()->find(kJob, Knob::cpu_max),
            (UndoJournal::Entry{kJob, Knob::cpu_max, 1000, 1499}));
}

TEST_F(UndoJournalTest, refuses_what_its_lines_could_not_hold) {
  const auto journal = open();
  EXPECT_EQ(journal->record({"/a\nepoch 99", 1}, Knob::cpu_max, 1, 2).error().code(),
            ErrorCode::invalid_argument);
  EXPECT_EQ(journal->record(kJob, Knob::unknown, 1, 2).error().code(), ErrorCode::invalid_argument);
  EXPECT_TRUE(journal->entries().empty());
}

TEST_F(UndoJournalTest, an_append_that_fails_changes_nothing_and_leaves_no_half_line) {
  const auto journal = open();
  ASSERT_TRUE(journal->record(kJob, Knob::cpu_max, 1000, 500));
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  // The file may grow by ten bytes more: a write beyond is cut short, then refused.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{static_cast<rlim_t>(status.st_size) + 10, before.rlim_max};
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto recorded = journal->record(kOther, Knob::memory_max, 2000, 700);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);

  EXPECT_FALSE(recorded);
  EXPECT_EQ(journal->find(kOther, Knob::memory_max), std::nullopt);
  EXPECT_EQ(text().size(), static_cast<std::size_t>(status.st_size));
  ASSERT_TRUE(journal->record(kOther, Knob::memory_max, 2000, 700));
  EXPECT_EQ(open()->entries().size(), 2u);
}

TEST_F(UndoJournalTest, a_directory_that_is_missing_is_said_at_once) {
  const auto journal = UndoJournal::open(directory_.path("/missing/undo"), kBoot);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace foreshock::agent

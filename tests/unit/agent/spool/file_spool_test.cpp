#include "agent/spool/file_spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/agent/spool/spool_files.h"

namespace foreshock::agent {
namespace {

using std::chrono::hours;

class FileSpoolTest : public testing::Test {
 protected:
  std::unique_ptr<FileSpool> open(const FileSpool::Options& options = {}) {
    auto spool = FileSpool::open(directory_.path("spool"), options, clock_);
    EXPECT_TRUE(spool) << (spool ? "" : spool.error().message());
    return spool ? *std::move(spool) : nullptr;
  }
  static void append(FileSpool& spool, std::uint64_t first, std::uint64_t last) {
    for (auto sequence = first; sequence <= last; ++sequence) {
      const auto appended = spool.append(as_bytes(payload_of(sequence)));
      ASSERT_TRUE(appended) << appended.error().message();
      ASSERT_EQ(*appended, sequence);
    }
  }
  std::vector<std::string> files() const { return files_in(directory_.path("spool")); }

  TemporaryDirectory directory_;
  FakeClock clock_;
};

/// Small segments, so that a few entries make several files.
constexpr FileSpool::Options kSmall{.max_bytes = 1 << 20, .segment_bytes = 200};

TEST_F(FileSpoolTest, gives_entries_in_order_from_one) {
  const auto spool = open();
  append(*spool, 1, 20);
  EXPECT_EQ(sequences_in(*spool), range(1, 20));
  EXPECT_EQ(spool->stats().entries, 20U);
  EXPECT_EQ(spool->stats().last_sequence, 20U);
}

TEST_F(FileSpoolTest, keeps_unreleased_entries_after_restart) {
  auto spool = open(kSmall);
  const auto incarnation = spool->incarnation();
  EXPECT_FALSE(incarnation.value.is_zero());
  append(*spool, 1, 50);
  spool.reset();

  spool = open(kSmall);
  EXPECT_EQ(spool->incarnation(), incarnation);
  EXPECT_EQ(sequences_in(*spool), range(1, 50));
  EXPECT_EQ(spool->stats().corrupt_entries, 0U);
  append(*spool, 51, 60);
  EXPECT_EQ(sequences_in(*spool), range(1, 60));
}

TEST_F(FileSpoolTest, deletes_segments_when_all_of_them_is_released) {
  auto spool = open(kSmall);
  append(*spool, 1, 50);
  const auto before = files().size();
  ASSERT_GT(before, 5U);
  ASSERT_TRUE(spool->release_through(25));
  EXPECT_LT(files().size(), before);
  EXPECT_EQ(sequences_in(*spool), range(26, 50));
  EXPECT_EQ(spool->stats().entries, 25U);
  ASSERT_TRUE(spool->release_through(50));
  EXPECT_EQ(files().size(), 1U);
  EXPECT_EQ(spool->stats().entries, 0U);
  EXPECT_TRUE(sequences_in(*spool).empty());
}

TEST_F(FileSpoolTest, never_uses_a_sequence_twice_even_when_all_was_released) {
  for (std::uint64_t round = 0; round < 5; ++round) {
    const auto spool = open(kSmall);
    append(*spool, round * 10 + 1, round * 10 + 10);
    ASSERT_TRUE(spool->release_through(round * 10 + 10));
  }
  EXPECT_LE(files().size(), 2U);
}

TEST_F(FileSpoolTest, restarts_without_entries_leave_no_files_behind) {
  for (int i = 0; i < 5; ++i) ASSERT_NE(open(), nullptr);
  EXPECT_EQ(files().size(), 1U);
}

TEST_F(FileSpoolTest, a_wiped_directory_is_a_new_incarnation) {
  const auto first = open()->incarnation();
  std::filesystem::remove_all(directory_.path("spool"));
  const auto spool = open();
  EXPECT_NE(spool->incarnation(), first);
  append(*spool, 1, 1);
}

TEST_F(FileSpoolTest, drops_and_counts_the_oldest_segments_at_the_size_cap) {
  const auto spool = open({.max_bytes = 4000, .segment_bytes = 500});
  append(*spool, 1, 300);
  const auto stats = spool->stats();
  EXPECT_LE(stats.bytes, 4000U);
  EXPECT_GT(stats.dropped_entries, 0U);
  EXPECT_EQ(stats.dropped_entries + stats.entries, 300U);
  EXPECT_EQ(sequences_in(*spool), range(stats.dropped_entries + 1, 300));
}

TEST_F(FileSpoolTest, does_not_count_released_entries_as_dropped) {
  const auto spool = open({.max_bytes = 4000, .segment_bytes = 500});
  for (std::uint64_t i = 1; i <= 300; ++i) {
    append(*spool, i, i);
    ASSERT_TRUE(spool->release_through(i));
  }
  EXPECT_EQ(spool->stats().dropped_entries, 0U);
}

TEST_F(FileSpoolTest, drops_and_counts_what_is_over_the_age_cap) {
  const auto spool = open({.max_age = hours(8)});
  append(*spool, 1, 10);
  clock_.advance(hours(2));
  append(*spool, 11, 20);
  clock_.advance(hours(9));
  append(*spool, 21, 21);
  EXPECT_EQ(sequences_in(*spool), range(11, 21))
      << "the second ten were begun two hours after the first";
  EXPECT_EQ(spool->stats().dropped_entries, 10U);
}

TEST_F(FileSpoolTest, cut_at_any_byte_recovers_every_whole_entry_and_goes_on_above) {
  std::string whole;
  {
    const auto spool = open();
    append(*spool, 1, 6);
    whole = read_text(files().front());
  }
  const auto file = files().front();
  const auto layout = *scan_segment(as_bytes(whole));
  for (std::size_t size = kSegmentHeaderBytes; size <= whole.size(); ++size) {
    std::filesystem::remove_all(directory_.path("spool"));
    std::filesystem::create_directory(directory_.path("spool"));
    write_text(file, whole.substr(0, size));
    const auto complete = static_cast<std::uint64_t>(std::ranges::count_if(
        layout.entries, [&](const auto& entry) { return entry.end() <= size; }));

    auto spool = open();
    ASSERT_NE(spool, nullptr);
    ASSERT_EQ(spool->incarnation(), layout.header.incarnation);
    ASSERT_EQ(sequences_in(*spool), range(1, complete)) << size;
    ASSERT_EQ(spool->stats().corrupt_entries, 0U) << size;
    const auto next = spool->append(as_bytes("more"));
    ASSERT_TRUE(next);
    const bool torn =
        size > kSegmentHeaderBytes && (complete == 0 || layout.entries[complete - 1].end() != size);
    ASSERT_EQ(*next > complete + 1, torn)
        << "a number that a torn entry may have had is left out, at " << size;
  }
}

TEST_F(FileSpoolTest, a_file_without_a_whole_header_was_never_used) {
  {
    const auto spool = open();
    append(*spool, 1, 3);
  }
  write_text(directory_.path("spool/00000000000000000004.segment"), "FSSP");
  const auto spool = open();
  EXPECT_EQ(sequences_in(*spool), range(1, 3));
  EXPECT_EQ(spool->stats().corrupt_entries, 0U);
  append(*spool, 4, 4);
}

TEST_F(FileSpoolTest, a_wrong_byte_anywhere_never_yields_a_wrong_payload) {
  {
    const auto spool = open(kSmall);
    append(*spool, 1, 12);
  }
  const auto names = files();
  std::vector<std::string> texts;
  for (const auto& name : names) texts.push_back(read_text(name));
  ASSERT_GE(names.size(), 2U);
  for (std::size_t which = 0; which < names.size(); ++which) {
    for (std::size_t at = 0; at < texts[which].size(); ++at) {
      std::filesystem::remove_all(directory_.path("spool"));
      std::filesystem::create_directory(directory_.path("spool"));
      for (std::size_t i = 0; i < names.size(); ++i) write_text(names[i], texts[i]);
      std::string damaged = texts[which];
      damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
      write_text(names[which], damaged);

      const auto spool = open(kSmall);
      ASSERT_NE(spool, nullptr);
      const auto sequences = sequences_in(*spool);  // checks the payloads
      ASSERT_TRUE(std::ranges::is_sorted(sequences));
      if (at >= kSegmentHeaderBytes) {
        ASSERT_EQ(sequences.size(), 11U) << names[which] << " at " << at;
      }
      ASSERT_GE(spool->stats().corrupt_entries + (at >= kSegmentHeaderBytes ? 1U : 0U), 1U);
      const auto next = spool->append(as_bytes("more"));
      ASSERT_TRUE(next);
      ASSERT_GT(*next, 12U) << "a number used before, at " << at;
    }
  }
}

TEST_F(FileSpoolTest, counts_damaged_entries_and_gives_those_behind) {
  {
    const auto spool = open();
    append(*spool, 1, 10);
  }
  auto text = read_text(files().front());
  const auto layout = *scan_segment(as_bytes(text));
  text[layout.entries[3].offset + kEntryHeaderBytes] ^= 1;
  text[layout.entries[4].offset] ^= 1;  // its length
  write_text(files().front(), text);
  const auto spool = open();
  EXPECT_EQ(sequences_in(*spool), (std::vector<std::uint64_t>{1, 2, 3, 6, 7, 8, 9, 10}));
  EXPECT_EQ(spool->stats().corrupt_entries, 2U);
}

TEST_F(FileSpoolTest, an_entry_that_rots_while_the_spool_is_open_is_skipped_and_counted) {
  const auto spool = open();
  append(*spool, 1, 5);
  ASSERT_TRUE(spool->next_after(0));  // the file has been looked at
  auto text = read_text(files().front());
  const auto layout = *scan_segment(as_bytes(text));
  const int fd = ::open(files().front().c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_EQ(::pwrite(fd, "!", 1, static_cast<off_t>(layout.entries[2].offset + kEntryHeaderBytes)),
            1);
  ::close(fd);
  EXPECT_EQ(sequences_in(*spool), (std::vector<std::uint64_t>{1, 2, 4, 5}));
  EXPECT_EQ(spool->stats().corrupt_entries, 1U);
}

TEST_F(FileSpoolTest, a_segment_that_vanishes_is_counted_and_passed_over) {
  const auto spool = open(kSmall);
  append(*spool, 1, 30);
  const auto names = files();
  ASSERT_GT(names.size(), 3U);
  std::filesystem::remove(names[1]);
  const auto sequences = sequences_in(*spool);
  EXPECT_EQ(sequences.back(), 30U);
  EXPECT_EQ(sequences.size() + spool->stats().corrupt_entries, 30U);
}

TEST_F(FileSpoolTest, refuses_payloads_it_could_not_give_back) {
  const auto spool = open();
  const auto empty = spool->append({});
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code(), ErrorCode::invalid_argument);
  const ByteBuffer huge(kMaxPayloadBytes + 1);
  EXPECT_FALSE(spool->append(huge));
  append(*spool, 1, 1);
}

TEST_F(FileSpoolTest, only_one_process_has_it_open) {
  const auto spool = open();
  const auto second = FileSpool::open(directory_.path("spool"), {}, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::conflict);
  EXPECT_NE(second.error().message().find(directory_.path("spool")), std::string::npos);
}

TEST_F(FileSpoolTest, a_newer_format_is_refused_and_left_alone) {
  ASSERT_NE(open(), nullptr);
  const auto file = files().front();
  // Incarnation 0x11…, 0x22…, first sequence 7, version 2, and the checksum that belongs to it.
  std::string header(
      as_text(encode_segment_header({.incarnation = {{0x1111111111111111, 0x2222222222222222}},
                                     .first_sequence = 7,
                                     .created = wall_time_from_ms(1'700'000'000'000)})));
  header[8] = 2;
  header.replace(12, 4, "\xd5\x5a\xe8\x26");
  write_text(file, header);
  const auto spool = FileSpool::open(directory_.path("spool"), {}, clock_);
  ASSERT_FALSE(spool);
  EXPECT_EQ(spool.error().code(), ErrorCode::unsupported);
  EXPECT_EQ(read_text(file), header);
}

TEST_F(FileSpoolTest, leaves_other_files_alone) {
  ASSERT_NE(open(), nullptr);
  write_text(directory_.path("spool/README"), "not ours");
  ASSERT_NE(open(), nullptr);
  EXPECT_EQ(read_text(directory_.path("spool/README")), "not ours");
}

TEST_F(FileSpoolTest, says_which_directory_cannot_be_made) {
  write_text(directory_.path("file"), "");
  const auto spool = FileSpool::open(directory_.path("file/spool"), {}, clock_);
  ASSERT_FALSE(spool);
  EXPECT_NE(spool.error().message().find(directory_.path("file")), std::string::npos)
      << spool.error().message();
}

TEST_F(FileSpoolTest, says_that_a_directory_is_not_writable) {
  std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
  ASSERT_EQ(::mkdir(directory_.path("spool").c_str(), 0555), 0);
  // Root may write everywhere: a child that is nobody tries.
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(9);
    const auto spool = FileSpool::open(directory_.path("spool"), {}, clock_);
    if (spool) ::_exit(1);
    if (spool.error().code() != ErrorCode::permission_denied) ::_exit(2);
    ::_exit(spool.error().message().find("not writable") != std::string::npos ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(FileSpoolTest, files_are_for_the_owner_only) {
  const auto spool = open();
  struct stat status {};
  ASSERT_EQ(::stat(files().front().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  ASSERT_EQ(::stat(directory_.path("spool").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
}

}  // namespace
}  // namespace foreshock::agent

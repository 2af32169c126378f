#include "agent/spool/file_spool.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/os/file.h"

namespace foreshock::agent {

namespace {

constexpr std::string_view kSuffix = ".segment";
constexpr std::size_t kSequenceDigits = 20;

std::string name_of(std::uint64_t first_sequence) {
  return fmt::format("{:020}{}", first_sequence, kSuffix);
}

bool is_segment_name(std::string_view name) {
  return name.size() == kSequenceDigits + kSuffix.size() && name.ends_with(kSuffix) &&
         std::ranges::all_of(name.substr(0, kSequenceDigits),
                             [](char c) { return c >= '0' && c <= '9'; });
}

/// The number in a segment's name; absent when no sequence can be so large.
std::optional<std::uint64_t> sequence_in(std::string_view name) {
  std::uint64_t sequence = 0;
  for (const char c : name.substr(0, kSequenceDigits)) {
    if (__builtin_mul_overflow(sequence, std::uint64_t{10}, &sequence)) return std::nullopt;
    if (__builtin_add_overflow(sequence, static_cast<std::uint64_t>(c - '0'), &sequence))
      return std::nullopt;
  }
  return sequence;
}

/// No more entries than this can have been in so many bytes.
std::uint64_t most_entries_in(std::uint64_t bytes) {
  return bytes / (kEntryHeaderBytes + 1) + 1;
}

/// At most `size` bytes: fewer where the file ends before.
Result<ByteBuffer> read_at(int fd, std::uint64_t offset, std::uint64_t size) {
  ByteBuffer bytes(size);
  std::size_t used = 0;
  while (used < bytes.size()) {
    const ssize_t n =
        ::pread(fd, bytes.data() + used, bytes.size() - used, static_cast<off_t>(offset + used));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_from_errno("read");
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
  }
  bytes.resize(used);
  return bytes;
}

Result<void> write_at(int fd, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_from_errno("write");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

/// Errors that reading again will not cure.
bool is_damage(const Error& error) {
  return error.code() == ErrorCode::corrupt || error.code() == ErrorCode::not_found;
}

Result<std::uint64_t> size_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return error_from_errno("stat");
  return static_cast<std::uint64_t>(status.st_size);
}

Result<UniqueFd> lock_directory(const std::string& directory) {
  FS_TRY(UniqueFd fd, open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return Error(ErrorCode::conflict, directory + ": in use by another process");
    return error_from_errno("lock " + directory);
  }
  return fd;
}

}  // namespace

Result<std::unique_ptr<FileSpool>> FileSpool::open(const std::string& directory,
                                                   const Options& options, const Clock& clock) {
  const auto in_spool = [](const Error& error) { return error.in("spool"); };
  if (auto made = make_directories(directory, 0700); !made) return in_spool(made.error());
  if (auto writable = check_writable_directory(directory); !writable)
    return in_spool(writable.error());
  auto locked = lock_directory(directory);
  if (!locked) return in_spool(locked.error());
  std::unique_ptr<FileSpool> spool(new FileSpool(directory, *std::move(locked), options, clock));
  if (auto loaded = spool->load(); !loaded) return in_spool(loaded.error());
  return spool;
}

FileSpool::FileSpool(std::string directory, UniqueFd directory_fd, const Options& options,
                     const Clock& clock)
    : directory_(std::move(directory)),
      directory_fd_(std::move(directory_fd)),
      options_(options),
      clock_(clock) {}

FileSpool::~FileSpool() = default;

Result<void> FileSpool::load() {
  FS_TRY(std::vector<std::string> names, list_directory(directory_));
  std::erase_if(names, [](const std::string& name) { return !is_segment_name(name); });
  // Newest first: it knows the incarnation and the highest sequence, by which the others are
  // judged.
  std::ranges::reverse(names);
  std::vector<Tail> tails;
  for (const auto& name : names) FS_CHECK(load_segment(name, tails));
  if (segments_.empty()) {
    incarnation_ = {make_random_id128()};
    next_sequence_ = 1;
  }
  const bool clean = !segments_.empty() && segments_.back().end_sequence == next_sequence_;
  if (clean) {
    FS_TRY(active_, open_at(directory_fd_.get(), segments_.back().name, O_RDWR));
  } else {
    FS_CHECK(start_segment());
  }
  // Only now: the damaged end is what says that its numbers may be in use, until a newer segment
  // says so.
  for (const auto& tail : tails) FS_CHECK(cut(tail));
  return drop_released();
}

Result<void> FileSpool::load_segment(const std::string& name, std::vector<Tail>& tails) {
  FS_TRY(const UniqueFd file, open_at(directory_fd_.get(), name, O_RDONLY));
  FS_TRY(const std::uint64_t size, size_of(file.get()));
  FS_TRY(const ByteBuffer bytes, read_at(file.get(), 0, size));
  auto contents = scan_segment(bytes);
  if (!contents && contents.error().code() == ErrorCode::unsupported)
    return contents.error().in(path_of(name));

  const bool newest = segments_.empty();
  const bool foreign = contents && !newest && contents->header.incarnation != incarnation_;
  if (!contents || foreign) {
    // A header that is cut short is a crash while the file was made: nothing can have been in it.
    if (size >= kSegmentHeaderBytes) ++corrupt_entries_;
    if (const auto first = sequence_in(name); first && !foreign && size >= kSegmentHeaderBytes) {
      next_sequence_ = std::max(next_sequence_, *first + most_entries_in(size));
    }
    return remove_file(name);
  }

  const SegmentHeader& header = contents->header;
  const std::uint64_t tail = bytes.size() - contents->sound_bytes;
  const std::uint64_t end =
      contents->entries.empty() ? header.first_sequence : contents->entries.back().sequence + 1;
  if (newest) {
    incarnation_ = header.incarnation;
    next_sequence_ = std::max(next_sequence_, end + (tail == 0 ? 0 : most_entries_in(tail)));
  }
  if (tail != 0) tails.push_back({name, contents->sound_bytes});
  corrupt_entries_ += contents->damaged_entries + (contents->damaged_tail ? 1 : 0);
  segments_.push_front({.name = name,
                        .created = header.created,
                        .first_sequence = header.first_sequence,
                        .end_sequence = end,
                        .entries = contents->entries.size(),
                        .bytes = contents->sound_bytes});
  return {};
}

Result<void> FileSpool::cut(const Tail& tail) {
  auto file = open_at(directory_fd_.get(), tail.name, O_WRONLY);
  // A segment that held nothing else is gone already.
  if (!file && file.error().code() == ErrorCode::not_found) return {};
  if (!file) return file.error();
  if (::ftruncate(file->get(), static_cast<off_t>(tail.sound_bytes)) != 0) {
    return error_from_errno("truncate " + path_of(tail.name));
  }
  return {};
}

Result<void> FileSpool::remove_file(const std::string& name) {
  if (::unlinkat(directory_fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
    return error_from_errno("remove " + path_of(name));
  }
  return {};
}

Result<void> FileSpool::start_segment() {
  const SegmentHeader header{
      .incarnation = incarnation_, .first_sequence = next_sequence_, .created = clock_.wall_now()};
  const std::string name = name_of(next_sequence_);
  const std::string operation = "start " + path_of(name);
  auto file = open_at(directory_fd_.get(), name, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!file) return file.error().in(operation);

  auto written = write_all(file->get(), encode_segment_header(header));
  if (written && ::fdatasync(file->get()) != 0) written = error_from_errno("fdatasync");
  if (written && ::fsync(directory_fd_.get()) != 0) written = error_from_errno("fsync");
  if (!written) {
    ::unlinkat(directory_fd_.get(), name.c_str(), 0);
    return written.error().in(operation);
  }
  active_ = *std::move(file);
  segments_.push_back({.name = name,
                       .created = header.created,
                       .first_sequence = next_sequence_,
                       .end_sequence = next_sequence_,
                       .entries = 0,
                       .bytes = kSegmentHeaderBytes});
  return drop_released();
}

bool FileSpool::must_start_segment(std::size_t payload_size) const {
  if (!active_.valid()) return true;
  const Segment& newest = segments_.back();
  if (newest.entries == 0) return false;
  const std::uint64_t most = std::min(options_.segment_bytes, options_.max_bytes / 4);
  if (newest.bytes + kEntryHeaderBytes + payload_size > most) return true;
  return clock_.wall_now() - newest.created > options_.max_age / 8;
}

Result<std::uint64_t> FileSpool::append(ByteView payload) {
  if (payload.empty() || payload.size() > kMaxPayloadBytes) {
    return Error(ErrorCode::invalid_argument,
                 fmt::format("payload of {} bytes, not 1 to {}", payload.size(), kMaxPayloadBytes));
  }
  if (must_start_segment(payload.size())) {
    if (auto started = start_segment(); !started) return started.error().in("spool");
  }
  // Before the write, so that an error here means that nothing was kept.
  FS_CHECK(make_room(kEntryHeaderBytes + payload.size()));
  const std::uint64_t sequence = next_sequence_;
  if (auto written = write_entry(sequence, payload); !written) {
    return written.error().in("append to " + path_of(segments_.back().name));
  }
  return sequence;
}

Result<void> FileSpool::write_entry(std::uint64_t sequence, ByteView payload) {
  Segment& newest = segments_.back();
  const ByteBuffer entry = encode_entry(sequence, payload);
  auto written = write_at(active_.get(), newest.bytes, entry);
  const bool synced = written && ::fdatasync(active_.get()) == 0;
  if (synced) {
    if (cursor_.file.valid() && cursor_.first_sequence == newest.first_sequence) {
      cursor_.entries.push_back(
          {.sequence = sequence, .offset = newest.bytes, .payload_size = payload.size()});
    }
    newest.bytes += entry.size();
    newest.end_sequence = sequence + 1;
    ++newest.entries;
    next_sequence_ = sequence + 1;
    return {};
  }
  if (written) written = error_from_errno("fdatasync");
  const bool cut_back = ::ftruncate(active_.get(), static_cast<off_t>(newest.bytes)) == 0;
  if (!cut_back || written.error().code() == ErrorCode::io) {
    // What is on the disk now is anybody's guess: leave the file alone and the number unused.
    active_.reset();
    next_sequence_ = sequence + 1;
  }
  return written;
}

Result<void> FileSpool::make_room(std::uint64_t new_bytes) {
  std::uint64_t bytes = stats().bytes + new_bytes;
  const WallTime now = clock_.wall_now();
  // The next segment's beginning is the end of the oldest one.
  while (segments_.size() > 1 &&
         (bytes > options_.max_bytes || now - segments_[1].created > options_.max_age)) {
    dropped_entries_ += unreleased_in(segments_.front());
    bytes -= segments_.front().bytes;
    FS_CHECK(remove_segment(segments_.begin()));
  }
  return {};
}

Result<void> FileSpool::release_through(std::uint64_t sequence) {
  released_through_ = std::max(released_through_, std::min(sequence, next_sequence_ - 1));
  return drop_released();
}

Result<void> FileSpool::drop_released() {
  // The newest stays: it knows the next sequence.
  while (segments_.size() > 1 && unreleased_in(segments_.front()) == 0) {
    FS_CHECK(remove_segment(segments_.begin()));
  }
  return {};
}

Result<void> FileSpool::remove_segment(std::deque<Segment>::iterator segment) {
  FS_CHECK(remove_file(segment->name));
  if (cursor_.first_sequence == segment->first_sequence) cursor_ = {};
  segments_.erase(segment);
  return {};
}

std::uint64_t FileSpool::unreleased_in(const Segment& segment) const {
  if (released_through_ + 1 >= segment.end_sequence) return 0;
  return std::min(segment.entries,
                  segment.end_sequence - std::max(released_through_ + 1, segment.first_sequence));
}

Result<std::optional<SpoolEntry>> FileSpool::next_after(std::uint64_t sequence) {
  std::uint64_t after = std::max(sequence, released_through_);
  while (after + 1 < next_sequence_) {
    const auto segment = std::ranges::upper_bound(segments_, after + 1, {}, &Segment::end_sequence);
    if (segment == segments_.end()) break;
    auto pointed = point_cursor_at(*segment);
    if (!pointed && !is_damage(pointed.error())) return pointed.error().in("spool");
    if (!pointed) {
      after = segment->end_sequence - 1;
      FS_CHECK(forget_damaged(segment->first_sequence));
      continue;
    }
    const auto entry =
        std::ranges::upper_bound(cursor_.entries, after, {}, &EntryPosition::sequence);
    if (entry == cursor_.entries.end()) {
      after = segment->end_sequence - 1;
      continue;
    }
    FS_TRY(auto payload, read_payload(*entry));
    if (payload)
      return std::optional(SpoolEntry{.sequence = entry->sequence, .payload = *std::move(payload)});
    ++corrupt_entries_;
    after = entry->sequence;
  }
  return std::optional<SpoolEntry>();
}

/// For a file that was readable when the spool was opened, and is not any more.
Result<void> FileSpool::forget_damaged(std::uint64_t first_sequence) {
  if (segments_.back().first_sequence == first_sequence) FS_CHECK(start_segment());
  const auto segment = std::ranges::find(segments_, first_sequence, &Segment::first_sequence);
  if (segment == segments_.end()) return {};
  corrupt_entries_ += unreleased_in(*segment);
  return remove_segment(segment);
}

Result<void> FileSpool::point_cursor_at(const Segment& segment) {
  if (cursor_.file.valid() && cursor_.first_sequence == segment.first_sequence) return {};
  FS_TRY(UniqueFd file, open_at(directory_fd_.get(), segment.name, O_RDONLY));
  FS_TRY(const ByteBuffer bytes, read_at(file.get(), 0, segment.bytes));
  FS_TRY(SegmentContents contents, scan_segment(bytes));
  cursor_ = {.first_sequence = segment.first_sequence,
             .file = std::move(file),
             .entries = std::move(contents.entries)};
  return {};
}

Result<std::optional<ByteBuffer>> FileSpool::read_payload(const EntryPosition& position) {
  FS_TRY(const ByteBuffer bytes,
         read_at(cursor_.file.get(), position.offset, kEntryHeaderBytes + position.payload_size));
  const auto payload = parse_entry(bytes, position.sequence);
  if (!payload) return std::optional<ByteBuffer>();
  return std::optional(ByteBuffer(payload->begin(), payload->end()));
}

SpoolStats FileSpool::stats() const {
  SpoolStats stats{.last_sequence = next_sequence_ - 1,
                   .dropped_entries = dropped_entries_,
                   .corrupt_entries = corrupt_entries_};
  for (const auto& segment : segments_) {
    stats.bytes += segment.bytes;
    stats.entries += unreleased_in(segment);
  }
  return stats;
}

}  // namespace foreshock::agent

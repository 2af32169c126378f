#include "agent/actuate/undo_journal.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "agent/cgroup/cgroup_dir.h"
#include "agent/cgroup/cgroup_files.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

constexpr std::size_t kFileLimit = std::size_t{16} << 20;
// Written anew when it has this many lines more than four times what is still true.
constexpr std::size_t kSpareLines = 1000;
constexpr std::size_t kMaxEntries = 4096;
constexpr std::size_t kChecksumDigits = 8;

using Key = std::tuple<std::string, std::uint64_t, Knob>;  // by path: parents before their children

Key key_of(const CgroupTarget& target, Knob knob) {
  return {target.path, target.id, knob};
}

// CRC-32 (IEEE 802.3), bit by bit: the lines are short and few.
std::uint32_t checksum_of(std::string_view text) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

std::string format_line(std::string_view entry) {
  return fmt::format("{:08x} {}\n", checksum_of(entry), entry);
}

std::string format_value(KnobValue value) {
  return value ? fmt::format("{}", *value) : "max";
}

std::optional<KnobValue> parse_value(std::string_view text) {
  if (text == "max") return KnobValue();
  const auto number = parse_count(text);
  return number ? std::optional(KnobValue(*number)) : std::nullopt;
}

std::string format_boot(BootId boot) {
  return "boot " + to_string(boot.value);
}
std::string format_epoch(std::uint64_t epoch) {
  return fmt::format("epoch {}", epoch);
}
std::string format_set(const UndoJournal::Entry& entry) {
  return fmt::format("set {} {} {} {} {}", to_string(entry.knob), entry.target.id,
                     format_value(entry.original), format_value(entry.last_written),
                     entry.target.path);
}
std::string format_forget(const CgroupTarget& target, Knob knob) {
  return fmt::format("forget {} {} {}", to_string(knob), target.id, target.path);
}

// Cuts the first word off `text`.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

/// What the lines of a journal add up to.
struct Contents {
  std::map<Key, UndoJournal::Entry> entries;
  std::uint64_t epoch = 0;
  std::size_t lines = 0;
  std::size_t damaged = 0;

  std::string to_text(BootId boot) const {
    std::string text = format_line(format_boot(boot)) + format_line(format_epoch(epoch));
    for (const auto& [key, entry] : entries) text += format_line(format_set(entry));
    return text;
  }

  void set(const UndoJournal::Entry& entry) {
    const auto [found, added] = entries.try_emplace(key_of(entry.target, entry.knob), entry);
    if (!added) found->second.last_written = entry.last_written;
  }
};

/// Reads a journal's lines. Whatever the bytes are, it ends with contents.
class JournalReader {
 public:
  explicit JournalReader(BootId boot) : boot_(boot) {}

  Contents read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const bool whole = end != std::string_view::npos;
      ++contents_.lines;
      if (!whole || !read_line(text.substr(0, end))) ++contents_.damaged;
      text.remove_prefix(whole ? end + 1 : text.size());
    }
    return std::move(contents_);
  }

 private:
  bool read_line(std::string_view line) {
    if (line.size() < kChecksumDigits + 1) return false;
    const std::string_view entry = line.substr(kChecksumDigits + 1);
    return line.substr(0, kChecksumDigits + 1) == fmt::format("{:08x} ", checksum_of(entry)) &&
           read_entry(entry);
  }

  bool read_entry(std::string_view entry) {
    const std::string_view kind = take_word(entry);
    if (kind == "boot") return read_boot(entry);
    if (kind == "epoch") return read_epoch(entry);
    if (kind == "set") return read_set(entry);
    if (kind == "forget") return read_forget(entry);
    return false;
  }

  bool read_boot(std::string_view text) {
    const auto id = parse_id128(text);
    ours_ = id && *id == boot_.value;
    return id.has_value();
  }

  bool read_epoch(std::string_view text) {
    const auto epoch = parse_count(text);
    if (epoch) contents_.epoch = std::max(contents_.epoch, *epoch);
    return epoch.has_value();
  }

  bool read_set(std::string_view text) {
    const auto knob = parse_knob(take_word(text));
    const auto id = parse_count(take_word(text));
    const auto original = parse_value(take_word(text));
    const auto written = parse_value(take_word(text));
    if (!knob || !id || !original || !written || !is_canonical_cgroup_path(text)) return false;
    if (ours_) contents_.set({{std::string(text), *id}, *knob, *original, *written});
    return true;
  }

  bool read_forget(std::string_view text) {
    const auto knob = parse_knob(take_word(text));
    const auto id = parse_count(take_word(text));
    if (!knob || !id || !is_canonical_cgroup_path(text)) return false;
    if (ours_) contents_.entries.erase({std::string(text), *id, *knob});
    return true;
  }

  BootId boot_;
  bool ours_ = false;
  Contents contents_;
};

Result<Contents> read_contents(const std::string& path, BootId boot) {
  const auto text = read_file(path, kFileLimit);
  if (text) return JournalReader(boot).read(*text);
  if (text.error().code() == ErrorCode::not_found) return Contents{};
  return text.error();
}

}  // namespace

struct UndoJournal::Impl {
  std::string path;
  BootId boot;
  Contents contents;
  UniqueFd file;
  off_t bytes = 0;  ///< up to here every line is whole and durable

  /// The same contents in a file without history.
  Result<void> rewrite() {
    const std::string text = contents.to_text(boot);
    file.reset();  // it names the old file, which nobody will read again
    FS_CHECK(replace_file(path, as_bytes(text)));
    FS_TRY(file, open_at(AT_FDCWD, path, O_WRONLY | O_APPEND));
    bytes = static_cast<off_t>(text.size());
    contents.lines = contents.entries.size() + 2;
    return {};
  }

  Result<void> append(std::string_view entry) {
    if (!file.valid()) FS_CHECK(rewrite());
    const std::string line = format_line(entry);
    auto written = write_all(file.get(), as_bytes(line));
    if (written && ::fdatasync(file.get()) != 0) written = error_from_errno("fdatasync");
    if (!written) {
      const Error error = written.error().in("undo journal " + path);
      // Half a line would spoil the next one; where it can't be cut off, the next append makes a
      // new file.
      if (::ftruncate(file.get(), bytes) != 0) file.reset();
      return error;
    }
    bytes += static_cast<off_t>(line.size());
    ++contents.lines;
    return {};
  }

  // What was asked is durable already, so a failure here is not the caller's: the next append tries
  // again.
  void shorten() {
    if (contents.lines > 4 * (contents.entries.size() + 2) + kSpareLines)
      static_cast<void>(rewrite());
  }
};

Result<std::unique_ptr<UndoJournal>> UndoJournal::open(const std::string& path, BootId boot) {
  FS_TRY(Contents contents, read_contents(path, boot));
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->boot = boot;
  impl->contents = std::move(contents);
  if (auto rewritten = impl->rewrite(); !rewritten) return rewritten.error().in("undo journal");
  return std::unique_ptr<UndoJournal>(new UndoJournal(std::move(impl)));
}

UndoJournal::UndoJournal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UndoJournal::~UndoJournal() = default;

Result<void> UndoJournal::record(const CgroupTarget& target, Knob knob, KnobValue original,
                                 KnobValue next) {
  if (!is_canonical_cgroup_path(target.path) || !parse_knob(to_string(knob))) {
    return Error(ErrorCode::invalid_argument,
                 "undo journal: no such knob of a cgroup: " + target.path);
  }
  Entry entry{target, knob, original, next};
  if (const auto known = find(target, knob)) {
    if (known->last_written == next) return {};
    entry.original = known->original;
  } else if (impl_->contents.entries.size() >= kMaxEntries) {
    return Error(ErrorCode::exhausted,
                 fmt::format("undo journal: full with {} entries", kMaxEntries));
  }
  FS_CHECK(impl_->append(format_set(entry)));
  impl_->contents.set(entry);
  impl_->shorten();
  return {};
}

Result<void> UndoJournal::forget(const CgroupTarget& target, Knob knob) {
  if (!find(target, knob)) return {};
  FS_CHECK(impl_->append(format_forget(target, knob)));
  impl_->contents.entries.erase(key_of(target, knob));
  impl_->shorten();
  return {};
}

std::optional<UndoJournal::Entry> UndoJournal::find(const CgroupTarget& target, Knob knob) const {
  const auto found = impl_->contents.entries.find(key_of(target, knob));
  if (found == impl_->contents.entries.end()) return std::nullopt;
  return found->second;
}

std::vector<UndoJournal::Entry> UndoJournal::entries() const {
  std::vector<Entry> all;
  for (const auto& [key, entry] : impl_->contents.entries) all.push_back(entry);
  return all;
}

std::uint64_t UndoJournal::highest_epoch() const {
  return impl_->contents.epoch;
}

Result<void> UndoJournal::record_epoch(std::uint64_t epoch) {
  if (epoch <= impl_->contents.epoch) return {};
  FS_CHECK(impl_->append(format_epoch(epoch)));
  impl_->contents.epoch = epoch;
  impl_->shorten();
  return {};
}

std::size_t UndoJournal::damaged_lines() const {
  return impl_->contents.damaged;
}

}  // namespace foreshock::agent

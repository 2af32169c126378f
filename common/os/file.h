#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/os/unique_fd.h"

namespace foreshock {

/// Opens `name` below the directory `dir_fd` (AT_FDCWD for the working directory), close-on-exec.
Result<UniqueFd> open_at(int dir_fd, const std::string& name, int flags, mode_t mode = 0600);

/// The whole file as text, at most `limit` bytes (`exhausted` beyond). Works on /proc and cgroupfs.
Result<std::string> read_file(const std::string& path, std::size_t limit = 1 << 20);
Result<std::string> read_file_at(int dir_fd, const std::string& name, std::size_t limit = 1 << 20);
/// The same from a descriptor held open, from offset 0: for files of /proc and cgroupfs read each
/// second, whose lines are shorter than 2 KiB.
Result<std::string> read_from_start(int fd, std::size_t limit = 1 << 20);

/// One write(2) of the whole text, as cgroupfs wants it.
Result<void> write_value_at(int dir_fd, const std::string& name, std::string_view text);

/// Writes all bytes, however many calls it takes.
Result<void> write_all(int fd, ByteView bytes);

/// Replaces the file so that a reader, a crash or a power failure sees the old or the new contents,
/// never a mix.
Result<void> replace_file(const std::string& path, ByteView contents, mode_t mode = 0600);

/// Makes the directory and its parents; an existing one is fine. A directory that cannot be written
/// says so.
Result<void> make_directories(const std::string& path, mode_t mode = 0755);
Result<void> check_writable_directory(const std::string& path);

/// Takes the directory for this process as long as the descriptor lives; `conflict` when another
/// has it.
Result<UniqueFd> lock_directory(const std::string& path);

/// Makes entries of a directory durable.
Result<void> sync_directory(const std::string& path);

/// Names in a directory, sorted, without "." and "..".
Result<std::vector<std::string>> list_directory(const std::string& path);

}  // namespace foreshock

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "coordinator/sequence/successor_table.h"

namespace foreshock::coordinator {

/// What one user ran on one host of late.
struct CommandStream {
  static constexpr std::size_t kLength = 40;  ///< commands remembered

  std::uint64_t key = 0;                      ///< hash of host and user
  std::uint64_t user = 0;                     ///< hash of the user
  std::uint64_t host = 0;                     ///< hash of the host
  std::array<CommandId, kLength> commands{};  ///< a ring
  std::array<std::uint64_t, 2> arguments{};   ///< hashes of the last two, newest first; 0: none
  std::uint64_t length = 0;                   ///< commands ever
  std::uint64_t last_use = 0;
  std::uint32_t hits = 0;  ///< was the first guess right? newest in bit 0

  std::size_t remembered() const { return length < kLength ? length : kLength; }
  /// The command `back` before the next one; 1: the newest.
  CommandId command(std::size_t back) const { return commands[(length - back) % kLength]; }
  void add(CommandId command, std::uint64_t argument);
};

/// Streams by host and user, bounded: the half that was used least lately makes room. One thread.
class CommandStreams {
 public:
  explicit CommandStreams(std::size_t capacity);

  /// Valid until the next call.
  CommandStream& use(std::string_view host, std::string_view user);
  const CommandStream* find(std::string_view host, std::string_view user) const;
  bool user_is_elsewhere(const CommandStream& stream) const;
  bool host_has_others(const CommandStream& stream) const;
  std::size_t size() const { return streams_.size(); }

 private:
  using Counts = std::unordered_map<std::uint64_t, std::size_t>;

  static std::uint64_t key_of(std::uint64_t host, std::uint64_t user);
  void forget_half();

  std::size_t capacity_;
  std::unordered_map<std::uint64_t, CommandStream> streams_;
  Counts of_user_;
  Counts of_host_;
  std::uint64_t uses_ = 0;
};

/// Of a text; never 0.
std::uint64_t hash_text(std::string_view text);
/// Both, in this order: the finaliser of MurmurHash3 over them, so that each bit of the result
/// depends on each bit of either.
inline std::uint64_t hash_pair(std::uint64_t first, std::uint64_t second) {
  std::uint64_t hash = first * 0x9E3779B97F4A7C15ULL + second + 0x632BE59BD9B4E019ULL;
  hash ^= hash >> 33;
  hash *= 0xFF51AFD7ED558CCDULL;
  hash ^= hash >> 33;
  return hash;
}

}  // namespace foreshock::coordinator

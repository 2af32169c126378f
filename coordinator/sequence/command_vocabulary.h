#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "coordinator/sequence/successor_table.h"

namespace foreshock::coordinator {

/// Commands by number, bounded: when it is full, a command that was not used for long gives its
/// place to the new one. A number holds the place and how often the place changed hands, so what
/// was learned of the command before does not count for the one that came after it. One thread.
class CommandVocabulary {
 public:
  /// @param capacity  commands known at a time, at most 65536.
  explicit CommandVocabulary(std::size_t capacity);

  /// The command's number; it counts as used.
  CommandId use(std::string_view command);
  /// False: it made room for another one.
  bool knows(CommandId id) const {
    const std::size_t place = place_of(id);
    return place < entries_.size() && entries_[place].id == id;
  }
  /// Of a command that it knows.
  std::string_view text(CommandId id) const { return entries_[place_of(id)].text; }
  /// Uses of it among all uses, of the commands known now.
  std::uint64_t uses(CommandId id) const { return entries_[place_of(id)].uses; }
  std::uint64_t all_uses() const { return all_uses_; }
  std::size_t size() const { return entries_.size(); }
  /// Commands that made room for others.
  std::uint64_t forgotten() const { return forgotten_; }

  /// Smaller than the capacity; for tables beside the vocabulary.
  static std::size_t place_of(CommandId id) { return id & 0xffff; }

 private:
  struct Entry {
    CommandId id = 0;
    std::string text;
    std::uint64_t uses = 0;
    bool used_lately = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::size_t free_a_place();

  std::size_t capacity_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> places_;
  std::size_t hand_ = 0;  ///< of the clock that looks for a place
  std::uint64_t all_uses_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace foreshock::coordinator

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foreshock::coordinator {

/// A command line as the database keeps it: readable and searchable, and still exact.
struct ArgvText {
  std::string text;  ///< words joined by spaces
  std::optional<std::string>
      word_bytes;  ///< "3,5,0" where splitting at spaces would not give the words back
  bool operator==(const ArgvText&) const = default;
};

ArgvText join_words(const std::vector<std::string_view>& words);
/// What was joined. Lengths that do not fit the text are ignored.
std::vector<std::string> split_words(std::string_view text,
                                     std::optional<std::string_view> word_bytes);

}  // namespace foreshock::coordinator

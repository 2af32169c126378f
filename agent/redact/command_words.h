#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace foreshock::agent {

/// What a word contains, found in one pass, so that a rule costs nothing on the words it cannot
/// match.
enum WordTrait : std::uint16_t {
  kNoTrait = 0,
  kDash = 1 << 0,    ///< begins with '-'
  kEquals = 1 << 1,  ///< contains '='
  kColon = 1 << 2,
  kAt = 1 << 3,
  kSlash = 1 << 4,
  kSpace = 1 << 5,  ///< any white space
  kQuote = 1 << 6,
  kLongRun = 1 << 7,    ///< at least kLongRunBytes letters, digits, '_' or '-' in a row
  kBase64Run = 1 << 8,  ///< at least kBase64RunBytes in a row, '+' and '/' too
  kShell = 1 << 9,      ///< what separates commands of a script: ; | & ( ) < > `
};
inline constexpr std::size_t kLongRunBytes = 16;
inline constexpr std::size_t kBase64RunBytes = 20;

/// One word of a command line; a view into the caller's bytes.
struct Word {
  std::string_view text;
  std::uint16_t traits = kNoTrait;
  bool cut = false;  ///< its end was lost by truncation
};

Word make_word(std::string_view text, bool cut);

/// The words of a shell script. Quotes around a whole word are taken off; what separates commands
/// separates words. Wrong quoting is no error: the open quote ends with the script.
std::vector<Word> split_script(std::string_view script, bool cut);
/// Prose, SQL, a header: words between white space and quotes.
std::vector<Word> split_text(std::string_view text, bool cut);

bool is_space(char c);
bool is_alnum(char c);
char to_lower(char c);
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Position of `lower_needle` in any case, npos when it is not there.
std::size_t find_ignoring_case(std::string_view text, std::string_view lower_needle,
                               std::size_t from = 0);
/// "mysql" of "/usr/bin/mysql".
std::string_view base_name(std::string_view path);
/// Without the quotes around it, if it has a pair (or an open one, when it was cut).
std::string_view unquote(std::string_view text);

}  // namespace foreshock::agent

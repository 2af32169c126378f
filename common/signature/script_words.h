#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace foreshock {

/// The words of a shell script, at most `limit`; operators (`&&`, `|`, `;`, `>`) are words of their
/// own, quotes around a whole word are taken off. Wrong quoting is no error: the open quote ends
/// with the script.
std::vector<std::string_view> split_shell_words(std::string_view script, std::size_t limit);

/// `&&`, `|`, `;` and the like: a command ends here.
bool ends_command(std::string_view word);

}  // namespace foreshock

#include "coordinator/lead/command_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>

#include "common/signature/command_meant.h"
#include "common/signature/script_words.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostWords = 64;
constexpr std::size_t kMostArguments = 4;
constexpr std::array<std::string_view, 9> kScriptEndings{".py", ".sh",  ".pl",  ".js", ".rb",
                                                         ".R",  ".php", ".lua", ".tcl"};

std::string_view base_name(std::string_view path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool is_script(std::string_view name) {
  return std::ranges::any_of(kScriptEndings, [&](std::string_view ending) {
    return name.size() > ending.size() && name.ends_with(ending);
  });
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// `--name=8`, `-j8`; `--name 8` and `-j 8` take the next word.
std::optional<NumericArgument> parse_argument(std::string_view word, std::string_view next) {
  if (word.size() < 2 || word[0] != '-') return std::nullopt;
  const auto named = [](std::string_view name, std::string_view text) {
    const auto value = parse_number(text);
    return value ? std::optional(NumericArgument{std::string(name), *value}) : std::nullopt;
  };
  if (const auto equals = word.find('='); equals != std::string_view::npos)
    return named(word.substr(0, equals), word.substr(equals + 1));
  if (word[1] != '-' && word.size() > 2) return named(word.substr(0, 2), word.substr(2));
  return named(word, next);
}

}  // namespace

CommandMeant parse_command_meant(const std::vector<std::string_view>& words) {
  CommandMeant meant;
  const std::vector<std::string_view> command = find_command_meant(words);
  if (command.empty()) return meant;
  meant.program = base_name(command.front());
  std::size_t first_argument = 1;
  if (is_script(meant.program)) {
    meant.script = meant.program;
  } else if (const auto use = parse_interpreter_use(command);
             use && !use->is_code && use->program < command.size()) {
    meant.script = base_name(command[use->program]);
    first_argument = use->program + 1;
  }
  for (std::size_t i = first_argument;
       i < command.size() && meant.arguments.size() < kMostArguments; ++i) {
    const auto next = i + 1 < command.size() ? command[i + 1] : std::string_view();
    if (auto argument = parse_argument(command[i], next))
      meant.arguments.push_back(*std::move(argument));
  }
  return meant;
}

CommandMeant parse_command_meant(std::string_view command, std::string_view arguments) {
  std::vector<std::string_view> words = split_shell_words(arguments, kMostWords);
  words.insert(words.begin(), command);
  return parse_command_meant(words);
}

}  // namespace foreshock::coordinator

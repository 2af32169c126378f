#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace foreshock {

/// The command behind wrappers and `sh -c`, as views into `words`:
///
///   sudo -u app nice -n 5 pg_dump -Fc shop   → pg_dump -Fc shop
///   bash -c 'cd /srv && exec make -j8 all'   → make -j8 all
///
/// Where nothing stands behind a wrapper (`env`, `sudo -l`), the wrapper is what is meant. A script
/// of several commands keeps its operators as words.
std::vector<std::string_view> find_command_meant(std::vector<std::string_view> words);

/// One layer of wrapping taken off; empty when `words` is no wrapper, or nothing stands behind it.
std::vector<std::string_view> unwrap(const std::vector<std::string_view>& words);

/// A command that another machine or a pod runs: it is not this host's, so what it was sent by
/// stays.
struct RemoteUse {
  std::vector<std::string_view> prefix;  ///< "ssh" "<host>"; "kubectl" "exec"
  std::vector<std::string_view> command;
};
std::optional<RemoteUse> parse_remote_use(const std::vector<std::string_view>& words);

/// How much of an interpreter's command line is not about what it runs.
struct InterpreterUse {
  /// What stands for the interpreter's own options: "", "-m", "-c", "-e", "-jar".
  std::string_view mode;
  /// Index of the script, module or class; words.size() when there is none (interactive, standard
  /// input).
  std::size_t program = 0;
  bool is_code = false;  ///< the program is code given as an argument
};

/// `words[0]` is the interpreter; nullopt when it is none that we know.
std::optional<InterpreterUse> parse_interpreter_use(const std::vector<std::string_view>& words);

}  // namespace foreshock

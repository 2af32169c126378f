#include "common/signature/command_meant.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <string>

#include "common/signature/script_words.h"
#include "common/signature/word_mask.h"

namespace foreshock {
namespace {

constexpr int kMaxLayers = 8;                ///< sudo env nice timeout bash -c …
constexpr std::size_t kMaxScriptWords = 64;  ///< more than a signature can hold

/// A program that runs the command in its arguments.
struct Wrapper {
  std::string_view name;
  std::string_view value_options;  ///< those that take the next word, between spaces
  std::size_t operands = 0;  ///< words before the command: timeout's duration, chroot's directory
};

// Sorted by name.
constexpr Wrapper kWrappers[] = {
    {"catchsegv", "", 0},
    {"ccache", "", 0},
    {"cgexec", " -g ", 0},
    {"chpst", " -u -U -b -e -/ -n -l -L -m -d -o -p -f -c -t -C ", 0},
    {"chroot", "", 1},
    {"chrt", " -T -P -D ", 1},
    {"daemonize", " -a -c -e -o -p -l -u -E ", 0},
    {"dbus-run-session", " --config-file ", 0},
    {"doas", " -u -C ", 0},
    {"dumb-init", " -r ", 0},
    {"eatmydata", "", 0},
    {"env", " -u -C -S --unset --chdir ", 0},
    {"exec", " -a ", 0},
    {"fakeroot", "", 0},
    {"firejail", "", 0},
    {"flock", " -w -E ", 1},
    {"gosu", "", 1},
    {"ionice", " -c -n -p --class --classdata ", 0},
    {"linux32", "", 0},
    {"linux64", "", 0},
    {"ltrace", " -e -o -p -s -u -n -a -l -x ", 0},
    {"nice", " -n --adjustment ", 0},
    {"nohup", "", 0},
    {"nsenter", " -t -S -G --target ", 0},
    {"numactl", " -N -m -C -i -p --cpunodebind --membind --physcpubind --interleave --preferred ",
     0},
    {"pidproxy", "", 1},
    {"prlimit", "", 0},
    {"proxychains", " -f ", 0},
    {"proxychains4", " -f ", 0},
    {"runuser", " -u -g -G --user ", 0},
    {"setarch", "", 1},
    {"setpriv", "", 0},
    {"setsid", "", 0},
    {"sshpass", " -p -f -d -P ", 0},
    {"stdbuf", " -i -o -e ", 0},
    {"strace", " -e -o -p -s -u -E -P -O -S -a -b -I ", 0},
    {"su-exec", "", 1},
    {"sudo", " -u -g -p -C -D -h -r -t -T -U -R --user --group --prompt --host --chdir ", 0},
    {"systemd-cat", " -t -p ", 0},
    {"systemd-inhibit", "", 0},
    {"systemd-run", " -p -u -t -M -H -E --unit --property --uid --gid --slice --description ", 0},
    {"taskset", "", 1},
    {"time", " -f -o ", 0},
    {"timeout", " -s -k --signal --kill-after ", 1},
    {"tini", " -p -e ", 0},
    {"torsocks", "", 0},
    {"unbuffer", "", 0},
    {"unshare", " -S -G -R -w ", 0},
    {"valgrind", "", 0},
    {"xargs",
     " -a -d -E -I -i -L -l -n -P -s --arg-file --delimiter --max-args --max-lines --max-procs "
     "--max-chars --replace ",
     0},
    {"xvfb-run", " -e -f -n -p -s -w ", 0},
};
static_assert(std::ranges::is_sorted(kWrappers, std::less<>(), &Wrapper::name));

/// A sub-command of a program that runs the command behind it: `docker exec -it web CMD`.
struct WrapperVerb {
  std::string_view program;
  std::string_view verb;
  std::string_view value_options;
  std::size_t operands;  ///< words between the verb and the command: docker's container
};

constexpr WrapperVerb kWrapperVerbs[] = {
    {"bundle", "exec", "", 0},
    {"conda", "run", " -n -p --name --prefix --cwd ", 0},
    {"crictl", "exec", "", 1},
    {"ctr", "exec", "", 1},
    {"docker", "exec", " -e -u -w --env --env-file --user --workdir --detach-keys ", 1},
    {"dotenv", "run", "", 0},
    {"ip", "netns", "", 2},  // ip netns exec NAME CMD
    {"lxc-attach", "", " -n --name ", 0},
    {"machinectl", "shell", " -E --uid ", 1},
    {"nerdctl", "exec", " -e -u -w --env --user --workdir ", 1},
    {"perf", "record", " -e -F -c -o -p -t -u -a -C ", 0},
    {"perf", "stat", " -e -o -p -t -r -C -I -x ", 0},
    {"pipenv", "run", "", 0},
    {"podman", "exec", " -e -u -w --env --user --workdir --detach-keys ", 1},
    {"poetry", "run", "", 0},
    {"uv", "run", " --with --python --project ", 0},
};

constexpr std::string_view kShells[] = {"ash", "bash", "busybox-sh", "csh", "dash", "fish",
                                        "ksh", "mksh", "rbash",      "sh",  "tcsh", "zsh"};
static_assert(std::ranges::is_sorted(kShells));

std::string_view program_name(std::string_view word) {
  auto name = base_name_of(word);
  if (name.starts_with('-')) name.remove_prefix(1);
  return name;
}

const Wrapper* find_wrapper(std::string_view name) {
  const auto found = std::ranges::lower_bound(kWrappers, name, std::less<>(), &Wrapper::name);
  return found != std::end(kWrappers) && found->name == name ? found : nullptr;
}

bool is_shell(std::string_view name) {
  return std::ranges::binary_search(kShells, name);
}

bool takes_next_word(std::string_view value_options, std::string_view option) {
  const auto found = value_options.find(option);
  return found != std::string_view::npos && found > 0 && value_options[found - 1] == ' ' &&
         value_options[found + option.size()] == ' ';
}

bool is_assignment(std::string_view word) {
  const auto equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 &&
         std::ranges::all_of(word.substr(0, equals), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

/// Index of the wrapped command; words.size() when there is none.
std::size_t skip_wrapper(const Wrapper& wrapper, const std::vector<std::string_view>& words) {
  std::size_t at = 1;
  std::size_t operands = wrapper.operands;
  for (; at < words.size(); ++at) {
    const auto word = words[at];
    if (word == "--") {
      ++at;
      break;
    }
    if (word.starts_with('-') && word.size() > 1) {
      if (takes_next_word(wrapper.value_options, word)) ++at;
    } else if (!is_assignment(word)) {
      break;
    }
  }
  return std::min(at + operands, words.size());
}

/// `-c` alone or with others: -lc, -ec. The script is the next word that is no option.
std::size_t find_shell_script(const std::vector<std::string_view>& words) {
  for (std::size_t at = 1; at < words.size(); ++at) {
    const auto word = words[at];
    if (!word.starts_with('-') || word.starts_with("--")) return words.size();
    if (word.back() == 'c' && word.size() <= 6) return at + 1;
  }
  return words.size();
}

/// Without what prepares the ground: `cd /srv &&`, `set -e;`, `export A=b;`, A=b.
std::vector<std::string_view> skip_preparation(std::vector<std::string_view> words) {
  std::size_t begin = 0;
  while (begin < words.size()) {
    const auto word = words[begin];
    if (is_assignment(word) || ends_command(word)) {
      ++begin;
      continue;
    }
    const bool prepares = word == "cd" || word == "set" || word == "export" || word == "umask" ||
                          word == "ulimit" || word == "source" || word == "." || word == "trap";
    if (!prepares) break;
    const auto end =
        std::find_if(words.begin() + static_cast<std::ptrdiff_t>(begin), words.end(), ends_command);
    if (end == words.end()) break;  // nothing else in the script
    begin = static_cast<std::size_t>(end - words.begin()) + 1;
  }
  if (begin == words.size()) return words;
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(begin));
  return words;
}

/// `find /x -name y -exec CMD {} +`: what it runs for each file.
std::vector<std::string_view> find_exec(const std::vector<std::string_view>& words) {
  const auto is_exec = [](std::string_view w) {
    return w == "-exec" || w == "-execdir" || w == "-ok" || w == "-okdir";
  };
  const auto option = std::ranges::find_if(words, is_exec);
  if (option == words.end()) return {};
  const auto end = std::find_if(std::next(option), words.end(), [](std::string_view w) {
    return w == ";" || w == "+" || w == "\\;";
  });
  return {std::next(option), end};
}

/// `watch -n 5 df -h`, `watch 'df -h | head'`: its words are a script.
std::vector<std::string_view> watched_script(const std::vector<std::string_view>& words) {
  constexpr Wrapper kWatch{"watch", " -n -q --interval --equexit ", 0};
  const auto at = skip_wrapper(kWatch, words);
  if (at >= words.size()) return {};
  if (at + 1 < words.size()) return {words.begin() + static_cast<std::ptrdiff_t>(at), words.end()};
  return skip_preparation(split_shell_words(words[at], kMaxScriptWords));
}

std::vector<std::string_view> tail(const std::vector<std::string_view>& words, std::size_t from) {
  return {words.begin() + static_cast<std::ptrdiff_t>(from), words.end()};
}

/// How an interpreter finds its program.
struct Interpreter {
  std::string_view name;           ///< with a version behind it: python3
  std::string_view code_options;   ///< letters that take code: -c, -e
  std::string_view value_options;  ///< options that take the next word
};

constexpr Interpreter kInterpreters[] = {
    {"python", "c", " -W -X "},
    {"pypy", "c", " -W -X "},
    {"perl", "eE", ""},
    {"ruby", "e", " -r -I "},
    {"nodejs", "ep", " -r --require --import --loader "},
    {"node", "ep", " -r --require --import --loader "},
    {"php", "r", " -d -c "},
    {"lua", "e", " -l "},
    {"Rscript", "e", ""},
    {"deno", "", ""},
    {"tclsh", "", ""},
};

bool has_name(std::string_view program, std::string_view name) {
  if (!program.starts_with(name)) return false;
  return std::ranges::all_of(program.substr(name.size()),
                             [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::optional<InterpreterUse> parse_java_use(const std::vector<std::string_view>& words) {
  for (std::size_t at = 1; at < words.size(); ++at) {
    const auto word = words[at];
    if (word == "-jar") return InterpreterUse{"-jar", std::min(at + 1, words.size()), false};
    if (word == "-m" || word == "--module")
      return InterpreterUse{"-m", std::min(at + 1, words.size()), false};
    const bool takes_next = word == "-cp" || word == "-classpath" || word == "--class-path" ||
                            word == "-p" || word == "--module-path" || word == "--add-modules" ||
                            word == "--add-opens" || word == "--add-exports" ||
                            word == "--add-reads";
    if (takes_next) {
      ++at;
    } else if (!word.starts_with('-') && !word.starts_with('@')) {
      return InterpreterUse{"", at, false};
    }
  }
  return InterpreterUse{"", words.size(), false};
}

/// The code option of a cluster: -c, -ne, -lane; 0 when it has none.
char code_letter(const Interpreter& interpreter, std::string_view word) {
  if (word.starts_with("--") || word.size() < 2 || word.size() > 6) return 0;
  return interpreter.code_options.find(word.back()) != std::string_view::npos ? word.back() : '\0';
}

std::optional<InterpreterUse> parse_use(const Interpreter& interpreter,
                                        const std::vector<std::string_view>& words) {
  for (std::size_t at = 1; at < words.size(); ++at) {
    const auto word = words[at];
    if (!word.starts_with('-') || word == "-") return InterpreterUse{"", at, false};
    if (code_letter(interpreter, word) != 0 || word == "--eval" || word == "--print") {
      return InterpreterUse{interpreter.code_options == "c" ? "-c" : "-e",
                            std::min(at + 1, words.size()), true};
    }
    if (word == "-m" && interpreter.name.starts_with("py")) {
      return InterpreterUse{"-m", std::min(at + 1, words.size()), false};
    }
    if (takes_next_word(interpreter.value_options, word)) ++at;
  }
  return InterpreterUse{"", words.size(), false};
}

}  // namespace

std::vector<std::string_view> unwrap(const std::vector<std::string_view>& words) {
  const auto name = program_name(words.front());
  if (is_shell(name)) {
    const auto script = find_shell_script(words);
    if (script >= words.size()) return {};
    return skip_preparation(split_shell_words(words[script], kMaxScriptWords));
  }
  if (name == "su" || name == "runuser" || name == "flock") {  // su - app -c 'script'
    const auto option =
        std::ranges::find_if(words, [](auto w) { return w == "-c" || w == "--command"; });
    if (option != words.end() && std::next(option) != words.end()) {
      return skip_preparation(split_shell_words(*std::next(option), kMaxScriptWords));
    }
  }
  if (name == "find") return find_exec(words);
  if (name == "watch") return watched_script(words);
  for (const auto& verb : kWrapperVerbs) {
    if (name != verb.program) continue;
    const bool bare = verb.verb.empty();
    if (!bare && (words.size() < 2 || words[1] != verb.verb)) continue;
    const Wrapper wrapper{verb.program, verb.value_options, verb.operands};
    auto rest = bare ? words : tail(words, 1);
    const auto at = skip_wrapper(wrapper, rest);
    return tail(rest, at);
  }
  if (name == "busybox" && words.size() > 1 && !words[1].starts_with('-')) return tail(words, 1);
  const Wrapper* wrapper = find_wrapper(name);
  if (wrapper == nullptr) return {};
  return tail(words, skip_wrapper(*wrapper, words));
}

std::vector<std::string_view> find_command_meant(std::vector<std::string_view> words) {
  for (int layer = 0; layer < kMaxLayers && !words.empty(); ++layer) {
    auto inner = unwrap(words);
    if (inner.empty()) break;
    words = std::move(inner);
  }
  return words;
}

std::optional<RemoteUse> parse_remote_use(const std::vector<std::string_view>& words) {
  if (words.empty()) return std::nullopt;
  const auto name = program_name(words.front());
  if (name == "ssh") {
    constexpr Wrapper kSsh{"ssh", " -b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w ",
                           1};
    const auto at = skip_wrapper(kSsh, words);
    if (at >= words.size()) return std::nullopt;
    RemoteUse use{{"ssh", "<host>"}, tail(words, at)};
    // One word is a script of the shell over there.
    if (use.command.size() == 1)
      use.command = skip_preparation(split_shell_words(use.command.front(), kMaxScriptWords));
    return use;
  }
  if ((name == "kubectl" || name == "oc") && words.size() > 2) {
    const auto verb = std::ranges::find(words, "exec");
    const auto dashes = std::ranges::find(words, "--");
    if (verb == words.end() || dashes == words.end() || std::next(dashes) == words.end())
      return std::nullopt;
    return RemoteUse{{name, "exec"}, {std::next(dashes), words.end()}};
  }
  return std::nullopt;
}

std::optional<InterpreterUse> parse_interpreter_use(const std::vector<std::string_view>& words) {
  if (words.empty()) return std::nullopt;
  const auto name = program_name(words.front());
  if (name == "java") return parse_java_use(words);
  if (is_shell(name)) return parse_use({name, "c", " -o -O +o --rcfile --init-file "}, words);
  for (const auto& interpreter : kInterpreters) {
    if (has_name(name, interpreter.name)) return parse_use(interpreter, words);
  }
  return std::nullopt;
}

}  // namespace foreshock

#include "tests/architecture/source_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace foreshock::architecture {
namespace {

enum class Layer { ground, formats, values, stations, fronts, wiring };

constexpr std::array kLayerNames = {"ground", "formats", "values", "stations", "fronts", "wiring"};

// Folders that are no stations. Every other folder of the two programs is one: the strict case is
// the default.
const std::map<std::string, Layer, std::less<>> kLayers = {
    {"common/base", Layer::ground},         {"common/os", Layer::ground},
    {"common/sync", Layer::ground},         {"common/model", Layer::ground},
    {"common/wire", Layer::formats},        {"common/http", Layer::formats},
    {"common/config", Layer::formats},      {"common/telemetry", Layer::formats},
    {"common/support", Layer::formats},     {"common/text", Layer::formats},
    {"common/signature", Layer::formats},   {"agent/bpf", Layer::values},
    {"agent/cgroup", Layer::values},        {"coordinator/model", Layer::values},
    {"coordinator/sqlite", Layer::values},  {"coordinator/forest", Layer::values},
    {"agent/status", Layer::fronts},        {"coordinator/pipeline", Layer::fronts},
    {"coordinator/api", Layer::fronts},     {"coordinator/web", Layer::fronts},
    {"agent/capture_verb", Layer::wiring},  {"coordinator/cli", Layer::wiring},
    {"coordinator/offline", Layer::wiring}, {"agent", Layer::wiring},
    {"coordinator", Layer::wiring},
};

struct SidewaysException {
  std::string_view from;    ///< a file
  std::string_view target;  ///< a header of another station
  std::string_view reason;
};

// Stations meet in values. These headers alone are seams that another station is handed.
constexpr std::array kSidewaysExceptions = {
    SidewaysException{
        "agent/uplink/delivery.", "agent/spool/spool.h",
        "delivery is handed the two seams it joins: what the spool holds is what the uplink sends"},
    SidewaysException{"coordinator/ingest/gateway.", "coordinator/history/history_store.h",
                      "a report is acknowledged by what the store says about its sequence"},
    SidewaysException{"coordinator/dispatch/dispatcher.", "coordinator/decide/decision_log.h",
                      "only the log makes a RecordedDecision, and nothing else may be carried out"},
};

struct Home {
  std::string_view library;
  std::string_view headers;              ///< what an include begins with
  std::vector<std::string_view> places;  ///< what the path of an including file begins with
};

const std::vector<Home>& homes() {
  static const std::vector<Home> kHomes = {
      {"libbpf", "bpf/", {"agent/capture/bpf_", "agent/bpf/"}},
      {"ZeroMQ", "zmq", {"common/wire/zmq_socket", "common/wire/curve_keys"}},
      {"generated FlatBuffers", "schemas/", {"common/wire/codec"}},
      {"FlatBuffers", "flatbuffers/", {"common/wire/codec"}},
      {"zstd", "zstd.h", {"common/wire/zstd_frame"}},
      {"SQLite", "sqlite3.h", {"coordinator/sqlite/"}},
      {"Boost.Beast and Boost.Asio", "boost/", {"common/http/http_"}},
      {"toml++", "toml++/", {"common/config/"}},
      {"CLI11",
       "CLI/",
       {"agent/main.cpp", "coordinator/main.cpp", "coordinator/serve_main.cpp", "coordinator/cli/",
        "coordinator/offline/"}},
      {"nlohmann-json",
       "nlohmann/",
       {"common/http/", "agent/binaries/binary_text", "agent/capture_verb/",
        "agent/cgroup/container_names", "agent/check/", "agent/status/", "coordinator/api/",
        "coordinator/cli/", "coordinator/decide/", "coordinator/offline/",
        "coordinator/calendar/feed", "coordinator/ingest/agent_directory"}},
      {"Capstone", "capstone/", {"agent/binaries/disassembler"}},
      {"libelf", "elf.h", {"agent/binaries/disassembler", "agent/binaries/elf_profile"}},
      {"libseccomp", "seccomp.h", {"agent/binaries/confinement"}},
      {"spdlog", "spdlog/", {"common/base/log"}},
      {"Eigen",
       "Eigen/",
       {"coordinator/forecast/aggregation", "coordinator/forecast/least_squares",
        "coordinator/forecast/local_errors", "coordinator/lead/usual_load"}},
      {"libical", "libical/", {"coordinator/calendar/icalendar"}},
      {"libcurl", "curl/", {"coordinator/calendar/fetch"}},
      {"pugixml", "pugixml.hpp", {"coordinator/calendar/feed"}},
      {"libsystemd",
       "systemd/",
       {"common/os/service_notify", "common/os/system_bus", "agent/actuate/systemd_bus",
        "agent/schedule/systemd_timers"}},
  };
  return kHomes;
}

// Folders of angled includes that belong to the system, and fmt, which stands in for std::format.
constexpr std::array<std::string_view, 8> kSystemFolders = {"sys",  "linux", "net", "netinet",
                                                            "arpa", "asm",   "fmt", "gtest"};

constexpr std::array<std::string_view, 8> kEmptyWords = {
    "util", "utils", "helper", "helpers", "manager", "handler", "handlers", "misc"};

constexpr std::array<std::string_view, 17> kTopLevel = {
    "agent", "common",         "coordinator",       "schemas",    "packaging",    "systemd",
    "tests", "CMakeLists.txt", "CMakePresets.json", "LICENSE",    "CHANGELOG.md", "README.md",
    ".ci",   ".clang-format",  ".clang-tidy",       ".gitignore", "debian"};
// What tools put beside them.
constexpr std::array<std::string_view, 3> kUntracked = {".git", "build", "compile_commands.json"};

bool is_product(std::string_view path) {
  return path.starts_with("agent/") || path.starts_with("common/") ||
         path.starts_with("coordinator/");
}

/// "agent/spool/file_spool.h" → "agent/spool"; "agent/main.cpp" → "agent". Deeper folders belong to
/// their module.
std::string module_of(std::string_view path) {
  const auto first = path.find('/');
  const auto second = first == std::string_view::npos ? first : path.find('/', first + 1);
  return std::string(path.substr(0, second == std::string_view::npos ? first : second));
}

Layer layer_of(const std::string& module) {
  const auto found = kLayers.find(module);
  return found == kLayers.end() ? Layer::stations : found->second;
}

std::string_view program_of(std::string_view module) {
  return module.substr(0, module.find('/'));
}

std::string_view name_of(Layer layer) {
  return kLayerNames.at(static_cast<std::size_t>(layer));
}

bool is_excepted(const SourceFile& file, const std::string& target) {
  return std::ranges::any_of(kSidewaysExceptions, [&](const SidewaysException& exception) {
    return file.path.starts_with(exception.from) && target == exception.target;
  });
}

/// Empty: allowed.
std::string judge_direction(const SourceFile& file, const std::string& target) {
  const std::string from = module_of(file.path);
  const std::string to = module_of(target);
  if (from == to) return {};
  const std::string sentence = file.path + " includes " + target + ": ";
  if (program_of(to) != "common" && program_of(to) != program_of(from)) {
    return sentence + std::string(program_of(from)) + " does not know " +
           std::string(program_of(to));
  }
  const Layer from_layer = layer_of(from);
  const Layer to_layer = layer_of(to);
  if (from_layer < to_layer) {
    return sentence + std::string(name_of(from_layer)) + " lies below " +
           std::string(name_of(to_layer));
  }
  if (from_layer == Layer::stations && to_layer == Layer::stations && !is_excepted(file, target)) {
    return sentence + "stations do not include each other";
  }
  return {};
}

using ModuleGraph = std::map<std::string, std::set<std::string>>;

bool reaches(const ModuleGraph& graph, const std::string& from, const std::string& to,
             std::set<std::string>& seen) {
  const auto found = graph.find(from);
  if (found == graph.end() || !seen.insert(from).second) return false;
  return std::ranges::any_of(found->second, [&](const std::string& next) {
    return next == to || reaches(graph, next, to, seen);
  });
}

std::vector<std::string> find_circles(const ModuleGraph& graph) {
  std::vector<std::string> found;
  for (const auto& [module, unused] : graph) {
    std::set<std::string> seen;
    if (reaches(graph, module, module, seen))
      found.push_back(module + " includes itself in a circle");
  }
  return found;
}

const Home* home_of(const Include& include) {
  const auto found = std::ranges::find_if(
      homes(), [&](const Home& home) { return include.target.starts_with(home.headers); });
  return found == homes().end() ? nullptr : &*found;
}

bool lives_in(const Home& home, std::string_view path) {
  return std::ranges::any_of(home.places,
                             [&](std::string_view place) { return path.starts_with(place); });
}

bool is_foreign_folder(const Include& include) {
  const auto slash = include.target.find('/');
  return include.angled && slash != std::string::npos &&
         std::ranges::find(kSystemFolders, std::string_view(include.target).substr(0, slash)) ==
             kSystemFolders.end();
}

/// Headers that a folder other than their own includes.
std::set<std::string> shared_headers(const std::vector<SourceFile>& files) {
  std::set<std::string> shared;
  for (const SourceFile& file : files) {
    if (!is_product(file.path)) continue;
    for (const Include& include : file.includes) {
      if (module_of(include.target) != module_of(file.path)) shared.insert(include.target);
    }
  }
  return shared;
}

std::string judge_home(const SourceFile& file, const Include& include,
                       const std::set<std::string>& shared) {
  const std::string sentence = file.path + " includes " + include.target + ": ";
  const Home* home = home_of(include);
  if (home == nullptr) {
    return is_foreign_folder(include)
               ? sentence + "a library without a home; name one in source_rules.cpp"
               : "";
  }
  if (!lives_in(*home, file.path)) {
    return sentence + std::string(home->library) + " lives in " + std::string(home->places.front());
  }
  if (shared.contains(file.path)) {
    return sentence + "other folders include this header, and " + std::string(home->library) +
           " with it";
  }
  return {};
}

std::vector<std::string> words_of(const std::string& path) {
  std::vector<std::string> words;
  std::string word;
  for (const char character : path + "/") {
    if (character == '/' || character == '_' || character == '.' || character == '-') {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += character;
    }
  }
  return words;
}

}  // namespace

SourceFile parse_source(std::string path, const std::string& text) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*(["<])([^">]+)[">].*)re");
  static const std::regex kTest(R"re(^TEST(?:_F)?\((\w+),\s*(\w+)\).*)re");
  SourceFile file{.path = std::move(path), .includes = {}, .tests = {}};
  std::istringstream lines(text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, kInclude)) {
      file.includes.push_back({.target = match[2], .angled = match[1] == "<"});
    } else if (std::regex_match(line, match, kTest)) {
      file.tests.push_back(match[1].str() + "." + match[2].str());
    }
  }
  return file;
}

std::vector<std::string> check_directions(const std::vector<SourceFile>& files) {
  std::vector<std::string> violations;
  ModuleGraph below_stations;
  for (const SourceFile& file : files) {
    if (!is_product(file.path)) continue;
    for (const Include& include : file.includes) {
      if (!is_product(include.target)) continue;
      if (std::string violation = judge_direction(file, include.target); !violation.empty()) {
        violations.push_back(std::move(violation));
      }
      const std::string from = module_of(file.path);
      const std::string to = module_of(include.target);
      if (from != to && layer_of(from) < Layer::stations) below_stations[from].insert(to);
    }
  }
  std::ranges::copy(find_circles(below_stations), std::back_inserter(violations));
  return violations;
}

std::vector<std::string> check_exceptions(const std::vector<SourceFile>& files) {
  std::vector<std::string> violations;
  for (const SidewaysException& exception : kSidewaysExceptions) {
    const bool needed = std::ranges::any_of(files, [&](const SourceFile& file) {
      return file.path.starts_with(exception.from) &&
             std::ranges::find(file.includes, exception.target, &Include::target) !=
                 file.includes.end();
    });
    if (!needed) {
      violations.push_back(
          std::string(exception.from) + "* no longer includes " + std::string(exception.target) +
          ": take the exception out (it was there because " + std::string(exception.reason) + ")");
    }
  }
  return violations;
}

std::vector<std::string> check_homes(const std::vector<SourceFile>& files) {
  const std::set<std::string> shared = shared_headers(files);
  std::vector<std::string> violations;
  for (const SourceFile& file : files) {
    if (!is_product(file.path)) continue;
    for (const Include& include : file.includes) {
      if (std::string violation = judge_home(file, include, shared); !violation.empty()) {
        violations.push_back(std::move(violation));
      }
    }
  }
  return violations;
}

std::vector<std::string> check_path_names(const std::vector<SourceFile>& files) {
  std::vector<std::string> violations;
  for (const SourceFile& file : files) {
    for (const std::string& word : words_of(file.path)) {
      if (std::ranges::find(kEmptyWords, word) != kEmptyWords.end()) {
        violations.push_back(file.path + ": \"" + word + "\" does not say what it is");
      }
    }
  }
  return violations;
}

std::vector<std::string> check_test_names(const std::vector<SourceFile>& files) {
  static const std::regex kSentence(R"re([A-Z][A-Za-z0-9]*\.[a-z][a-z0-9]*(_[a-z0-9]+)+)re");
  std::vector<std::string> violations;
  for (const SourceFile& file : files) {
    for (const std::string& test : file.tests) {
      if (!std::regex_match(test, kSentence)) {
        violations.push_back(file.path + ": " + test +
                             " is no sentence such as FileSpool.keeps_unacked_records");
      }
    }
  }
  return violations;
}

std::vector<std::string> check_top_level(const std::vector<std::string>& entries) {
  std::vector<std::string> violations;
  for (const std::string& entry : entries) {
    const auto is_entry = [&](std::string_view name) { return name == entry; };
    if (std::ranges::none_of(kTopLevel, is_entry) && std::ranges::none_of(kUntracked, is_entry) &&
        !entry.ends_with(".swp")) {
      violations.push_back(entry + " does not belong at the top of the repository");
    }
  }
  return violations;
}

}  // namespace foreshock::architecture

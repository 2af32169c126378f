#include <charconv>
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/agent_config.h"
#include "agent/binaries/binary_text.h"
#include "agent/binaries/confined_profile.h"
#include "agent/capture/bpf_programs.h"
#include "agent/capture/proc_connector_event_source.h"
#include "agent/capture_verb.h"
#include "agent/check/preflight.h"
#include "agent/restore_verb.h"
#include "agent/status/status_text.h"
#include "agent/support_bundle_verb.h"
#include "common/base/log.h"
#include "common/config/toml_document.h"
#include "common/http/http_client.h"
#include "common/os/event_loop.h"
#include "common/os/file.h"
#include "common/text/text_table.h"
#include "common/wire/curve_keys.h"

namespace {

using namespace foreshock;
using namespace foreshock::agent;

constexpr int kFailed = 1;
/// A wrong command line or configuration: trying again is of no use before a person has acted.
constexpr int kWrongInput = 2;

int fail(const Error& error, int status = kFailed) {
  std::fprintf(stderr, "foreshock-agent: %s\n", error.message().c_str());
  return status;
}

/// What a new installation still needs.
int explain_first_steps(const std::string& config_path) {
  std::fprintf(stderr,
               "foreshock-agent: no coordinator is named in %s. On the coordinator's host, "
               "`foreshock-coordinator status` "
               "shows its endpoint and public key;\n"
               "put both into [coordinator] there and run `systemctl restart foreshock-agent`; "
               "then let this host in "
               "with `foreshock-coordinator agents approve`.\n"
               "Until then `foreshock-agent check` says what works on this host, and "
               "`foreshock-agent capture` "
               "shows its commands; both need no coordinator.\n",
               config_path.c_str());
  return kWrongInput;
}

int run(const std::string& config_path, bool only_check) {
  // Before the first thread, so that only the event loop gets them.
  if (const auto blocked = block_signals({SIGTERM, SIGINT, SIGHUP, SIGPIPE}); !blocked)
    return fail(blocked.error());
  auto config = read_agent_config(config_path);
  const bool none = !config && config.error().code() == ErrorCode::not_found;
  if (none || (config && config->coordinator_public_key.empty()))
    return explain_first_steps(config_path);
  if (!config) return fail(config.error(), kWrongInput);
  if (only_check) {
    std::printf("%s: ok, %zu adjustable cgroup patterns\n", config_path.c_str(),
                config->guardrails.allowed.size());
    return 0;
  }
  start_log(parse_log_level(config->log_level));
  auto agent = Agent::make(*std::move(config));
  if (!agent) return fail(agent.error());
  const auto ran = (*agent)->run();
  return ran ? 0 : fail(ran.error());
}

int keygen(const std::string& state_directory) {
  if (const auto made = make_directories(state_directory, 0700); !made) return fail(made.error());
  const auto keys = create_key_file(state_directory + "/agent.key");
  if (!keys) return fail(keys.error());
  std::printf("%s\n", keys->public_key.c_str());
  return 0;
}

int check(const PreflightOptions& options, bool json) {
  const auto checks = run_preflight(options);
  const std::string text =
      json ? render_json(checks) : render_text(checks, read_text_style(STDOUT_FILENO));
  std::fputs(text.c_str(), stdout);
  return exit_status(checks);
}

Result<void> try_bpf() {
  const auto programs = BpfPrograms::load({.ring_bytes = 64u << 10, .cgroup_v1 = false});
  return programs ? Result<void>() : programs.error();
}

Result<void> try_proc_connector() {
  const auto source = ProcConnectorEventSource::make({});
  return source ? Result<void>() : source.error();
}

/// The configuration's directories where it can be read; the defaults where it is missing or wrong.
PreflightOptions options_for_check(const std::string& config_path) {
  PreflightOptions options;
  options.try_bpf = try_bpf;
  options.try_proc_connector = try_proc_connector;
  if (const auto config = read_agent_config(config_path)) {
    options.state_directory = config->state_directory;
    options.pin_directory = config->pin_directory;
    options.ring = config->ring;
  }
  return options;
}

int show_status(const std::string& socket_path, bool json) {
  const auto reply = http_over_unix(socket_path, "GET", "/status");
  if (!reply) return fail(reply.error());
  if (json) {
    std::printf("%s\n", reply->body.c_str());
    return 0;
  }
  const auto text = render_status_text(reply->body, read_text_style(STDOUT_FILENO));
  if (!text) return fail(text.error());
  std::fputs(text->c_str(), stdout);
  return 0;
}

/// What the command line can set, for all verbs.
struct Arguments {
  std::string config_path = kDefaultConfigPath;
  std::string state_directory = AgentConfig().state_directory;
  std::string socket_path = AgentConfig().status_socket;
  bool only_check = false;
  bool json = false;
  std::string path;
  std::string output_path;
  std::string duration;
  std::string source = "auto";
  std::string user;
  std::string unit;
  std::string command;
  std::string min_duration;
  std::uint32_t tree = 0;
  std::size_t top = 0;
};

/// The configuration where it can be read; else the defaults, which are where a package put things.
int restore(const std::string& config_path, bool json) {
  auto config = read_agent_config(config_path);
  if (!config) {
    std::fprintf(stderr, "foreshock-agent: %s; going on with the default directories\n",
                 config.error().message().c_str());
    config = AgentConfig();
  }
  const auto restored = run_restore(*config, json);
  if (!restored) return fail(restored.error());
  return *restored ? 0 : kFailed;
}

void add_run(CLI::App& app, Arguments& arguments, int& status) {
  auto* verb = app.add_subcommand("run", "Run the service");
  verb->add_option("--config", arguments.config_path, "Configuration file")->capture_default_str();
  verb->add_flag("--check-config", arguments.only_check, "Check the configuration and exit");
  verb->callback([&] { status = run(arguments.config_path, arguments.only_check); });
}

Result<std::uint32_t> find_user(const std::string& name) {
  std::uint32_t uid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), uid);
  if (error == std::errc() && end == name.data() + name.size()) return uid;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr)
    return Error(ErrorCode::not_found, "--user: there is no user \"" + name + "\"");
  return entry->pw_uid;
}

Result<EventFilter> read_filter(const Arguments& arguments) {
  EventFilter filter;
  if (!arguments.user.empty()) {
    FS_TRY(filter.uid, find_user(arguments.user));
  }
  if (!arguments.min_duration.empty()) {
    const auto duration = parse_duration(arguments.min_duration);
    if (!duration) return duration.error().in("--min-duration");
    filter.min_duration = *duration;
  }
  filter.unit = arguments.unit;
  filter.command = arguments.command;
  if (arguments.tree != 0) filter.tree = arguments.tree;
  return filter;
}

int capture(const Arguments& arguments) {
  CaptureOptions options;
  options.json = arguments.json;
  options.output_path = arguments.output_path;
  options.source = parse_event_source_kind(arguments.source).value_or(EventSourceKind::automatic);
  if (!arguments.duration.empty()) {
    const auto duration = parse_duration(arguments.duration);
    if (!duration) return fail(duration.error().in("--duration"));
    options.duration = *duration;
  }
  options.top = arguments.top;
  options.colour = arguments.output_path.empty() && read_text_style(STDOUT_FILENO).colour;
  const auto filter = read_filter(arguments);
  if (!filter) return fail(filter.error());
  options.filter = *filter;
  const auto captured = run_capture(options);
  return captured ? 0 : fail(captured.error());
}

void add_capture(CLI::App& app, Arguments& arguments, int& status) {
  auto* verb =
      app.add_subcommand("capture", "Print commands as they start and end; needs no service");
  verb->add_flag("--json", arguments.json, "One JSON object a line");
  verb->add_option("--user", arguments.user, "Run by, or logged in as, this user");
  verb->add_option("--unit", arguments.unit, "Whose unit, container or cgroup has this");
  verb->add_option("--command", arguments.command, "Whose command line has this");
  verb->add_option("--min-duration", arguments.min_duration, "Only ends after 500ms, 2s, …");
  verb->add_option("--tree", arguments.tree, "This process and what it starts")->type_name("PID");
  verb->add_option("--top", arguments.top, "At the end, a table of N commands (10)")
      ->type_name("N")
      ->expected(0, 1)
      ->default_str("10")
      ->check(CLI::Range(1, 10'000));
  verb->add_option("--output", arguments.output_path, "Write to this file");
  verb->add_option("--source", arguments.source, "Where commands come from")
      ->check(CLI::IsMember({"auto", "bpf", "proc_connector", "audit_log"}))
      ->capture_default_str();
  verb->add_option("--duration", arguments.duration, "End after this time, such as 10s");
  verb->callback([&] { status = capture(arguments); });
}

void add_check(CLI::App& app, Arguments& arguments, int& status) {
  auto* verb = app.add_subcommand(
      "check", "Look at what this host offers; 0 all well, 1 warnings, 2 failures");
  verb->add_option("--config", arguments.config_path, "Configuration file")->capture_default_str();
  verb->add_flag("--json", arguments.json, "JSON instead of a table");
  verb->callback([&] { status = check(options_for_check(arguments.config_path), arguments.json); });
}

void add_status(CLI::App& app, Arguments& arguments, int& status) {
  auto* verb = app.add_subcommand("status", "Show how the running service does");
  verb->add_option("--socket", arguments.socket_path, "Its status socket")->capture_default_str();
  verb->add_flag("--json", arguments.json, "JSON instead of tables");
  verb->callback([&] { status = show_status(arguments.socket_path, arguments.json); });
}

void add_restore(CLI::App& app, Arguments& arguments, int& status) {
  auto* verb = app.add_subcommand(
      "restore", "Put back every limit that a stopped agent has changed on this host");
  verb->add_option("--config", arguments.config_path, "Configuration file")->capture_default_str();
  verb->add_flag("--json", arguments.json, "One JSON object a line");
  verb->callback([&] { status = restore(arguments.config_path, arguments.json); });
}

int support_bundle(const Arguments& arguments) {
  const auto text =
      make_support_bundle(read_agent_config(arguments.config_path), arguments.socket_path);
  std::fputs(text.c_str(), stdout);
  return 0;
}

void add_support_bundle(CLI::App& app, Arguments& arguments, int& status) {
  auto* verb = app.add_subcommand("support-bundle",
                                  "Print what somebody who helps needs to know, without secrets");
  verb->add_option("--config", arguments.config_path, "Configuration file")->capture_default_str();
  verb->add_option("--socket", arguments.socket_path, "The service's status socket")
      ->capture_default_str();
  verb->callback([&] { status = support_bundle(arguments); });
}

int binary(const std::string& path, bool json) {
  const auto file = open_at(AT_FDCWD, path, O_RDONLY);
  if (!file) return fail(file.error());
  auto profile = profile_confined(file->get());
  if (!profile) return fail(profile.error().in(path));
  profile->path = path;
  const std::string text = json ? render_binary_json(*profile) + "\n"
                                : render_binary_text(*profile, read_text_style(STDOUT_FILENO));
  std::fputs(text.c_str(), stdout);
  return 0;
}

void add_binary(CLI::App& app, Arguments& arguments, int& status) {
  auto* verb = app.add_subcommand("binary", "Show what a binary is like, as reports tell it");
  verb->add_option("file", arguments.path, "The binary")->required();
  verb->add_flag("--json", arguments.json, "JSON instead of a table");
  verb->callback([&] { status = binary(arguments.path, arguments.json); });
}

void add_keygen(CLI::App& app, Arguments& arguments, int& status) {
  auto* verb = app.add_subcommand("keygen", "Make this host's key pair; prints the public key");
  verb->add_option("--state-directory", arguments.state_directory, "Where the key is kept")
      ->capture_default_str();
  verb->callback([&] { status = keygen(arguments.state_directory); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Captures what this host executes and uses, and applies what the coordinator decides."};
  app.set_version_flag("--version", FORESHOCK_VERSION);
  app.require_subcommand(1);
  int status = 0;
  Arguments arguments;
  add_run(app, arguments, status);
  add_check(app, arguments, status);
  add_capture(app, arguments, status);
  add_status(app, arguments, status);
  add_restore(app, arguments, status);
  add_support_bundle(app, arguments, status);
  add_binary(app, arguments, status);
  add_keygen(app, arguments, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return status;
}

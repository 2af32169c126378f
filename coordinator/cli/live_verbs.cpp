#include "coordinator/cli/live_verbs.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <pwd.h>

#include "common/http/http_client.h"
#include "common/http/url.h"
#include "common/os/file.h"
#include "common/text/display.h"
#include "common/text/progress.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostFileBytes = 64 << 20;
constexpr auto kBetweenLooks = std::chrono::milliseconds(500);

using Show = std::string (*)(const Json&, const View&);

/// What the options of one verb were given as; lives as long as the verb.
struct Request {
  Request(const CliOutput& to, ExitStatus& status) : output(to), exit_status(status) {}

  CliOutput output;
  ExitStatus& exit_status;
  std::string socket = "/run/foreshock-coordinator/admin.sock";
  bool json = false;
  std::string method = "GET";
  std::string path;
  std::vector<std::pair<std::string, std::string>>
      query;                  ///< name and value; empty values are left out
  std::string progress_path;  ///< asked until as much is done as was asked; empty: the reply is all
  std::string file;           ///< holds what the service would answer, of everything
};

std::string target_of(const Request& request) {
  std::string target = request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    if (value.empty()) continue;
    target += fmt::format("{}{}={}", separator, name, encode_url(value));
    separator = '&';
  }
  return target;
}

ExitStatus complain(const Request& request, ExitStatus status, const std::string& message) {
  request.output.err << "foreshock-coordinator: " << make_printable(message) << "\n";
  return status;
}

ExitStatus complain_about(const Request& request, const Error& error) {
  switch (error.code()) {
    case ErrorCode::unavailable:
      return complain(
          request, ExitStatus::not_running,
          error.message() +
              "; start it with \"foreshock-coordinator serve\", or name its socket with --socket");
    case ErrorCode::permission_denied:
      return complain(request, ExitStatus::failure,
                      error.message() + "; only root and members of group foreshock may ask");
    default:
      return complain(request, ExitStatus::failure, error.message());
  }
}

std::string error_message_of(const HttpReply& reply) {
  const Json body = Json::parse(reply.body, nullptr, false);
  const Json::json_pointer where("/error/message");
  if (body.is_object() && body.contains(where) && body.at(where).is_string())
    return body.at(where).get<std::string>();
  return fmt::format("the service answered with status {}", reply.status);
}

/// What a file has of leads, as far as the request is about them.
ExitStatus read_and_show(const Request& request, Show show) try {
  const auto text = read_file(request.file, kMostFileBytes);
  if (!text) return complain(request, ExitStatus::failure, text.error().message());
  Json body = Json::parse(*text);
  Json& leads = body.at("leads");
  for (const auto& [name, value] : request.query) {
    if (name != "text") continue;
    for (auto lead = leads.begin(); lead != leads.end();)
      lead = raw_words_of(*lead, "signature").find(value) == std::string::npos ? leads.erase(lead)
                                                                               : lead + 1;
  }
  request.output.out << (request.json
                             ? body.dump() + "\n"
                             : show(body, {request.output.style, SystemClock().wall_now()}));
  request.output.out.flush();
  return ExitStatus::success;
} catch (const Json::exception& problem) {
  return complain(request, ExitStatus::failure,
                  fmt::format("{} is not what \"leads learn --save\" writes: {}", request.file,
                              problem.what()));
}

/// A number is one; a name is looked up here, which need not be where the commands ran.
/// @param option  where it was given, for the error
std::uint32_t uid_of(const std::string& user, const std::string& option) {
  std::uint32_t uid = 0;
  const char* end = user.data() + user.size();
  if (const auto [at, problem] = std::from_chars(user.data(), end, uid);
      problem == std::errc() && at == end)
    return uid;
  std::vector<char> buffer(16 << 10);
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr)
    throw CLI::ValidationError(option,
                               fmt::format("this host knows no user \"{}\"; give the uid", user));
  return found->pw_uid;
}

/// The reply once everything that was asked for is done, or the last one before an error.
Result<HttpReply> follow(const Request& request, HttpReply reply) {
  std::optional<Progress> progress;
  while (reply.status == 200) {
    const Json state = Json::parse(reply.body);
    if (count_of(state, "done") >= count_of(state, "asked")) break;
    if (!progress)
      progress.emplace(request.output.err, request.output.style, "training",
                       count_of(state, "asked"));
    progress->set_done(count_of(state, "done"));
    std::this_thread::sleep_for(kBetweenLooks);
    FS_TRY(reply, http_over_unix(request.socket, "GET", request.progress_path));
  }
  return reply;
}

ExitStatus ask_and_show(const Request& request, Show show) try {
  if (!request.file.empty()) return read_and_show(request, show);
  auto reply = http_over_unix(request.socket, request.method, target_of(request));
  if (reply && !request.progress_path.empty()) reply = follow(request, *std::move(reply));
  if (!reply) return complain_about(request, reply.error());
  if (reply->status != 200) return complain(request, ExitStatus::failure, error_message_of(*reply));
  if (request.json) {
    request.output.out << reply->body;
  } else {
    request.output.out << show(Json::parse(reply->body),
                               {request.output.style, SystemClock().wall_now()});
  }
  request.output.out.flush();
  return ExitStatus::success;
} catch (const Json::exception& problem) {
  return complain(request, ExitStatus::failure,
                  fmt::format("the service's answer is not understood: {}", problem.what()));
}

/// A verb with the options that all of them have.
struct Verb {
  CLI::App* app;
  std::shared_ptr<Request> request;

  /// Adds an option that becomes a parameter of the request.
  CLI::Option* filter(const std::string& option, const std::string& parameter,
                      const std::string& help) const {
    const auto add = [request = request, parameter](const std::string& value) {
      request->query.emplace_back(parameter, value);
    };
    return app->add_option_function<std::string>(option, add, help);
  }
  void limit(const std::string& help) const {
    filter("-n,--limit", "limit", help)->check(CLI::Range(1, 10'000))->type_name("N");
  }
};

struct Verbs {
  CliOutput output;
  ExitStatus& exit_status;

  Verb add(CLI::App& parent, const std::string& name, const std::string& help,
           const std::string& path, Show show) const {
    return complete(parent.add_subcommand(name, help), path, show);
  }

  /// "decisions list" below "decisions". What is given before "list" would go unheeded, so it is
  /// refused.
  Verb add_below(const Verb& parent, const std::string& name, const std::string& help,
                 const std::string& path, Show show) const {
    Verb verb = add(*parent.app, name, help, path, show);
    verb.app->preparse_callback([above = parent.app, name](std::size_t) {
      for (const auto* option : above->get_options()) {
        if (option->count() > 0)
          throw CLI::ValidationError(option->get_name(), "belongs after \"" + name + "\"");
      }
    });
    return verb;
  }

  Verb complete(CLI::App* app, const std::string& path, Show show) const {
    auto request = std::make_shared<Request>(output, exit_status);
    request->path = path;
    app->add_option("--socket", request->socket, "The service's admin socket")
        ->capture_default_str()
        ->type_name("PATH");
    app->add_flag("--json", request->json, "Print the service's answer as JSON");
    app->callback([app, request, show] {
      // "decisions list" runs the callback of "decisions" as well.
      if (!app->get_subcommands().empty()) return;
      // "forecast --csv" is answered from the file, by coordinator/offline.
      const auto* file = app->get_option_no_throw("--csv");
      if (file != nullptr && file->count() > 0) return;
      request->exit_status = ask_and_show(*request, show);
    });
    return {app, std::move(request)};
  }
};

void add_fleet_verbs(CLI::App& app, const Verbs& verbs) {
  verbs.add(app, "status", "How the service does", "/v1/status", show_status);
  verbs.add(app, "hosts", "Hosts and their use", "/v1/hosts", show_hosts);
  const auto workloads = verbs.add(app, "workloads", "Workloads, their use, limits and tags",
                                   "/v1/workloads", show_workloads);
  workloads.filter("--host", "host", "Of this host only");
  workloads.filter("--text", "text", "Whose cgroup contains this");
  workloads.limit("At most so many");
  const auto tags = verbs.add(app, "tags", "Tags and their evidence", "/v1/tags", show_tags);
  tags.filter("--key", "key", "With this key only");
  tags.filter("--workload", "workload", "Of this cgroup only");
  const auto proposals = verbs.add_below(tags, "proposals", "Likely tags that are not taken",
                                         "/v1/tags/proposals", show_tag_proposals);
  proposals.filter("--workload", "workload", "Of this cgroup only");
  const auto lock = verbs.add_below(tags, "lock", "Give a workload a tag, whatever else is found",
                                    "/v1/tags/lock", show_tag_choice);
  const auto unlock = verbs.add_below(tags, "unlock", "Let rules and learning count again",
                                      "/v1/tags/unlock", show_tag_choice);
  const auto reject = verbs.add_below(tags, "reject", "Neither take nor propose a tag",
                                      "/v1/tags/reject", show_tag_choice);
  for (const auto& verb : {lock, unlock, reject}) {
    verb.request->method = "POST";
    verb.filter("key", "key", "Such as app_type")->required();
    if (verb.app != unlock.app) verb.filter("value", "value", "Such as database")->required();
    verb.filter("--workload", "workload", "Its cgroup; without it the whole host");
    verb.filter("--host", "host", "Its host; needed where there are several");
  }
}

void add_command_verbs(CLI::App& app, const Verbs& verbs) {
  const auto commands = verbs.add(app, "commands", "Commands that were executed, newest first",
                                  "/v1/commands", show_commands);
  commands.filter("text", "text", "In the command line or its signature");
  commands.filter("--host", "host", "Of this host only");
  commands.filter("--signature", "signature", "With exactly this signature");
  commands.limit("At most so many (50)");
  const auto top =
      verbs.add(app, "top", "What commands used together, the most first", "/v1/top", show_top);
  top.filter("--host", "host", "Of this host only");
  top.filter("--workload", "workload", "Of this cgroup only");
  top.filter("--by", "by", "Ordered by this (cpu)")
      ->check(CLI::IsMember({"cpu", "memory", "storage", "faults", "runs", "failures"}));
  top.filter("--minutes", "minutes", "In the last so many minutes (60)")
      ->check(CLI::Range(1, 527'040));
  top.limit("At most so many (30)");
  const auto storms =
      verbs.add(app, "storms", "Workloads that started too many processes to tell them one by one",
                "/v1/storms", show_storms);
  storms.filter("--host", "host", "Of this host only");
  storms.filter("--days", "days", "Of the last so many days (7)")->check(CLI::Range(1, 366));
  storms.limit("At most so many (30)");
  const auto leads =
      verbs.add(app, "leads", "Commands that reliably precede load", "/v1/leads", show_leads);
  leads.filter("--signature", "signature", "With exactly this signature");
  leads.filter("--workload", "workload", "That precede load of this cgroup");
  const auto show = verbs.add_below(leads, "show", "How load goes after a lead command, drawn",
                                    "/v1/leads", show_responses);
  show.request->query.emplace_back("response", "1");
  show.filter("command", "text", "In its signature")->required();
  show.app
      ->add_option("--learned", show.request->file,
                   "What \"leads learn --save\" wrote, instead of what the service knows")
      ->type_name("FILE");
}

void add_input_verbs(CLI::App& app, const Verbs& verbs) {
  const auto upcoming =
      verbs.add(app, "upcoming", "Commands that timers, crontabs and at jobs will run",
                "/v1/upcoming", show_upcoming);
  upcoming.filter("text", "text", "In the command or its name");
  upcoming.filter("--host", "host", "Of this host only");
  upcoming.limit("At most so many (100)");
  const auto binaries = verbs.add(app, "binaries", "What the executed binaries are like",
                                  "/v1/binaries", show_binaries);
  binaries.filter("text", "text", "In the path or the build id");
  binaries.limit("At most so many (100)");
  const auto metrics = verbs.add(app, "metrics", "What applications say about themselves",
                                 "/v1/app-metrics", show_app_metrics);
  metrics.filter("text", "text", "In the name or the labels");
  metrics.filter("--host", "host", "Of this host only");
  metrics.limit("At most so many (1000)");
  const auto metric = verbs.add_below(metrics, "show", "One metric's samples", "", show_app_metric);
  metric.app
      ->add_option_function<std::uint64_t>(
          "id",
          [request = metric.request](std::uint64_t id) {
            request->path = fmt::format("/v1/app-metrics/{}", id);
          },
          "Its number, as the list has it")
      ->required();
  metric.filter("--minutes", "minutes", "Of the last so many minutes (60)");
  metric.limit("At most so many (1000)");
}

void add_sequence_verb(CLI::App& app, const Verbs& verbs) {
  CLI::App* sequence = app.add_subcommand("sequence", "Which command comes next, and who types it");
  sequence->require_subcommand(1);
  const auto next = verbs.add(*sequence, "next", "What users run now and what is likely next",
                              "/v1/sessions", show_sessions);
  next.filter("--host", "host", "Of this host only");
  next.filter("--uid", "uid", "Of this user only");
}

void add_user_verbs(CLI::App& app, const Verbs& verbs) {
  const auto users =
      verbs.add(app, "users", "Who ran commands, and how much", "/v1/users", show_users);
  users.filter("--host", "host", "On this host only");
  users.filter("--days", "days", "In the last so many days (30)")->check(CLI::Range(1, 366));
  users.limit("At most so many (100)");
  const auto profile = verbs.add(
      app, "profile", "What a user usually does: hours, commands, load, tags", "", show_profile);
  profile.app
      ->add_option_function<std::string>(
          "user",
          [request = profile.request](const std::string& user) {
            request->path = fmt::format("/v1/users/{}", uid_of(user, "user"));
          },
          "The uid, or a name that this host knows")
      ->required();
  profile.filter("--host", "host", "On this host only");
  profile.filter("--days", "days", "In the last so many days (30)")->check(CLI::Range(1, 366));
}

void add_forecast_verbs(CLI::App& app, const Verbs& verbs) {
  const auto forecast = verbs.add(app, "forecast", "What a series is expected to do, with its band",
                                  "/v1/forecast", show_forecast);
  CLI::Option* workload =
      forecast.filter("workload", "workload", "Its cgroup; without it the whole host");
  CLI::Option* host = forecast.filter("--host", "host", "Its host; needed where there are several");
  CLI::Option* quantity =
      forecast.filter("--quantity", "quantity", "cpu_usage (default), memory_used, load1, …");
  const auto ahead = [&forecast](const std::string& option, const std::string& parameter,
                                 const std::string& help) {
    const auto add = [request = forecast.request, parameter](const std::string& text) {
      if (request->path == "/v1/forecast") request->path = "/v1/forecast/ahead";
      request->query.emplace_back(parameter, text);
    };
    return forecast.app->add_option_function<std::string>(option, add, help)->type_name("DURATION");
  };
  CLI::Option* horizon =
      ahead("--horizon", "horizon",
            "So far ahead, 14d at the most (without it, what decisions rest on; of a file 24h)");
  CLI::Option* step = ahead("--step", "step",
                            "With --horizon: distance of points (1min, 5min or 1h; as in a file)");
  CLI::Option* tag = forecast.app
                         ->add_option_function<std::string>(
                             "--tag",
                             [request = forecast.request](const std::string& text) {
                               request->path = "/v1/forecast/tag";
                               request->query.emplace_back("tag", text);
                             },
                             "All workloads with this tag together")
                         ->type_name("KEY=VALUE")
                         ->excludes(workload)
                         ->excludes(host);
  forecast.app
      ->add_option_function<std::string>(
          "--user",
          [request = forecast.request](const std::string& user) {
            request->path = fmt::format("/v1/users/{}/forecast", uid_of(user, "--user"));
          },
          "What this user's commands will use, by the hour: a uid, or a name that this host knows")
      ->excludes(workload)
      ->excludes(quantity)
      ->excludes(horizon)
      ->excludes(step)
      ->excludes(tag);
  const auto accuracy =
      verbs.add(app, "accuracy", "How forecasts came out, by how far ahead they looked",
                "/v1/accuracy", show_accuracy);
  accuracy.filter("workload", "workload", "Of this cgroup only");
  accuracy.filter("--host", "host", "Of this host only");
  accuracy.filter("--quantity", "quantity", "Of this quantity only");
  accuracy.filter("--days", "days", "Of the last so many days (7)")->check(CLI::Range(1, 366));
  const auto anomalies = verbs.add(app, "anomalies", "What was unusual, newest first, and why",
                                   "/v1/anomalies", show_anomalies);
  // No positional argument: "anomalies score" is a verb of its own.
  anomalies.filter("--workload", "workload", "Of this cgroup only");
  anomalies.filter("--host", "host", "Of this host only");
  anomalies.filter("--days", "days", "Of the last so many days (7)")->check(CLI::Range(1, 366));
  anomalies.app->add_flag_callback(
      "--all", [request = anomalies.request] { request->query.emplace_back("all", "1"); },
      "Also what only one detector found");
  anomalies.limit("At most so many (50)");
  verbs.add(app, "calendars", "Calendars, campaigns, holidays and feeds, and whether they help",
            "/v1/calendars", show_calendars);
}

/// Which series a verb is about.
void add_series_filters(const Verb& verb) {
  verb.filter("workload", "workload", "Its cgroup; without it the whole host");
  verb.filter("--host", "host", "Its host; needed where there are several");
  verb.filter("--quantity", "quantity", "cpu_usage (default), memory_used, load1, …");
}

CLI::Option* add_version(const Verb& verb, const std::string& option, const std::string& help) {
  return verb.filter("--" + option, option, help)
      ->check(CLI::Range(1, 1'000'000'000))
      ->type_name("N");
}

void add_model_verbs(CLI::App& app, const Verbs& verbs) {
  const auto models = verbs.add(app, "models", "Versions of the models of series, and which serve",
                                "/v1/models", show_models);
  const auto list =
      verbs.add_below(models, "list", "The same, with filters", "/v1/models", show_models);
  list.filter("workload", "workload", "All versions of this cgroup");
  list.filter("--host", "host", "Of this host only");
  list.filter("--quantity", "quantity", "Of this quantity only");
  list.app->add_flag_callback(
      "--all", [request = list.request] { request->query.emplace_back("all", "1"); },
      "Also those that do not serve");
  list.limit("At most so many (100)");
  const auto show = verbs.add_below(models, "show", "One version, its members and their scores",
                                    "/v1/models/show", show_model);
  add_series_filters(show);
  add_version(show, "version", "Which one; without it the one that serves");
  const auto compare = verbs.add_below(models, "compare", "Two versions beside each other",
                                       "/v1/models/compare", show_compared_models);
  add_series_filters(compare);
  add_version(compare, "version", "Which one")->required();
  add_version(compare, "with", "And which other; without it the one that serves");
  const auto pin = verbs.add_below(models, "pin", "Let a version serve until it is unpinned",
                                   "/v1/models/pin", show_model_state);
  add_series_filters(pin);
  add_version(pin, "version", "Which one; without it the one that serves");
  const auto unpin = verbs.add_below(models, "unpin", "Let better versions serve again",
                                     "/v1/models/unpin", show_model_state);
  add_series_filters(unpin);
  const auto roll_back = verbs.add_below(models, "roll-back", "Pin the version before this one",
                                         "/v1/models/roll-back", show_model_state);
  add_series_filters(roll_back);
  const auto retrain = verbs.add_below(models, "retrain", "Train a new version in the next round",
                                       "/v1/models/retrain", show_retraining);
  add_series_filters(retrain);
  retrain.app->add_flag_callback(
      "--all", [request = retrain.request] { request->query.emplace_back("all", "1"); },
      "Of every series");
  retrain.request->progress_path = "/v1/models/retraining";
  for (const auto& verb : {pin, unpin, roll_back, retrain}) verb.request->method = "POST";
}

void add_decision_filters(const Verb& verb) {
  verb.filter("--policy", "policy", "Of this policy only");
  verb.filter("--workload", "workload", "About this cgroup only");
  verb.app->add_flag_callback(
      "--changes", [request = verb.request] { request->query.emplace_back("changes", "1"); },
      "Only those that wanted another limit");
  verb.limit("At most so many (50)");
}

void add_decision_verbs(CLI::App& app, const Verbs& verbs) {
  verbs.add(app, "policies", "Policies and their bounds", "/v1/policies", show_policies);
  const auto decisions = verbs.add(app, "decisions", "What was decided, newest first",
                                   "/v1/decisions", show_decisions);
  add_decision_filters(decisions);
  add_decision_filters(
      verbs.add_below(decisions, "list", "The same", "/v1/decisions", show_decisions));
  const auto explain = verbs.add_below(decisions, "explain",
                                       "One decision with everything behind it", "", show_decision);
  explain.app
      ->add_option_function<std::uint64_t>(
          "id",
          [request = explain.request](std::uint64_t id) {
            request->path = fmt::format("/v1/decisions/{}", id);
          },
          "Its number, as the list has it")
      ->required();
}

void add_demand_verb(CLI::App& app, const Verbs& verbs) {
  const auto demand = verbs.add(app, "demand", "What a command will need, if it were run now",
                                "/v1/demand", show_demand);
  demand.filter("command", "command", "The command line, quoted");
  demand.filter("--uid", "uid", "Who would run it");
  demand.filter("--input-bytes", "input_bytes", "Size of the files that its arguments name");
  demand.filter("--input-files", "input_files", "How many these are (1)");
}

void add_reflex_verb(CLI::App& app, const Verbs& verbs) {
  const auto reflexes =
      verbs.add(app, "reflexes", "What hosts do by themselves when a command is executed",
                "/v1/reflexes", show_reflexes);
  reflexes.filter("--host", "host", "Of this host only");
  reflexes.filter("--workload", "workload", "About this cgroup only");
}

void add_agent_change(const Verb& agents, const Verbs& verbs, const std::string& name,
                      const std::string& help) {
  const auto verb = verbs.add_below(agents, name, help, "", show_agent);
  verb.request->method = "POST";
  verb.app
      ->add_option_function<std::string>(
          "key",
          [request = verb.request, name](const std::string& key) {
            request->path = fmt::format("/v1/agents/{}/{}", encode_url(key), name);
          },
          "Its public key, a unique beginning of it (6 characters or more), or its host's name; "
          "after \"--\" where it "
          "begins with \"-\"")
      ->required()
      ->check([](const std::string& key) { return key.empty() ? "is empty" : ""; }, "");
}

void add_agent_verbs(CLI::App& app, const Verbs& verbs) {
  const auto agents =
      verbs.add(app, "agents", "Agents and whether they may connect", "/v1/agents", show_agents);
  verbs.add_below(agents, "list", "The same", "/v1/agents", show_agents);
  add_agent_change(agents, verbs, "approve", "Let an agent connect");
  add_agent_change(agents, verbs, "revoke", "Shut an agent out, at once");
}

}  // namespace

std::vector<VerbGroup> live_verbs(const CliOutput& output, ExitStatus& exit_status) {
  const auto group = [verbs = Verbs{output, exit_status}](
                         std::vector<std::string_view> names,
                         void (*add)(CLI::App & app, const Verbs& verbs)) -> VerbGroup {
    return {std::move(names), [verbs, add](CLI::App& app) { add(app, verbs); }};
  };
  return {
      group({"status", "hosts", "workloads", "tags"}, add_fleet_verbs),
      group({"commands", "top", "storms", "leads"}, add_command_verbs),
      group({"upcoming", "binaries", "metrics"}, add_input_verbs),
      group({"sequence"}, add_sequence_verb),
      group({"forecast", "accuracy", "anomalies", "calendars"}, add_forecast_verbs),
      group({"models"}, add_model_verbs),
      group({"users", "profile"}, add_user_verbs),
      group({"policies", "decisions"}, add_decision_verbs),
      group({"demand"}, add_demand_verb),
      group({"reflexes"}, add_reflex_verb),
      group({"agents"}, add_agent_verbs),
  };
}

}  // namespace foreshock::coordinator

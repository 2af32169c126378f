#include "coordinator/cli/live_verbs.h"

#include <sstream>
#include <vector>

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/api/fake_coordinator.h"

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs one command line in a program of its own.
Outcome run(std::vector<const char*> words, const TextStyle& style = {}) {
  std::ostringstream out;
  std::ostringstream err;
  ExitStatus exit_status = ExitStatus::success;
  CLI::App app("test");
  add_verbs(app, live_verbs({out, err, style}, exit_status), words.empty() ? "" : words.front());
  words.insert(words.begin(), "foreshock-coordinator");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = run_cli(app, static_cast<int>(words.size()), words.data(), exit_status);
  out << testing::internal::GetCapturedStdout();
  err << testing::internal::GetCapturedStderr();
  return {status, out.str(), err.str()};
}

class LiveVerbs : public testing::Test {
 protected:
  /// Runs a verb against the fake, which must succeed.
  std::string show(std::vector<const char*> words, const TextStyle& style = {}) {
    words.insert(words.end(), {"--socket", fake.socket.c_str()});
    const Outcome outcome = run(words, style);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }

  FakeCoordinator fake;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_F(LiveVerbs, status_sums_the_service_up) {
  fake.agents->may_connect(kStrangeKey, "10.0.0.1");
  fake.start();
  const auto text = show({"status"});
  EXPECT_TRUE(contains(text, "agents     0 approved, 1 pending, 0 revoked\n")) << text;
  EXPECT_TRUE(contains(text, "1 of 1 hosts reporting")) << text;
  EXPECT_TRUE(contains(text, "1 lead commands, 1 forecasts (1 not yet)")) << text;
  EXPECT_TRUE(contains(text, "foreshock-coordinator agents list")) << text;
}

TEST_F(LiveVerbs, hosts_and_workloads_are_tables) {
  fake.start();
  const auto hosts = show({"hosts"});
  EXPECT_TRUE(contains(hosts, "HOST       CORES              MEMORY")) << hosts;
  EXPECT_TRUE(contains(hosts, "web-1  1.25 of 4  1.0 GiB of 4.0 GiB")) << hosts;
  EXPECT_TRUE(contains(hosts, "3.1 %, 12.0 MiB, saves: samples")) << hosts;
  const auto workloads = show({"workloads"});
  EXPECT_TRUE(contains(
      workloads,
      "/work/batch job  web-1  0.75!    1500m  300.0 MiB         max          3  role=batch"))
      << workloads;
  EXPECT_LT(workloads.find("/work/batch"), workloads.find("/idle"));
  EXPECT_TRUE(contains(show({"workloads", "--text", "idle"}), "/idle"));
  EXPECT_FALSE(contains(show({"workloads", "--text", "idle"}), "batch"));
}

TEST_F(LiveVerbs, commands_show_use_and_cannot_steer_the_terminal) {
  fake.start();
  const auto text = show({"commands", "pg_dump", "-n", "3"});
  EXPECT_EQ(fake.history.last_execution_query.text, "pg_dump");
  EXPECT_EQ(fake.history.last_execution_query.limit, 3u);
  EXPECT_TRUE(contains(
      text,
      "4711  1.2 s  64.0 MiB  2.5 s     1  /work/batch job  pg_dump -Fc sho\xef\xbf\xbdp\\x1b[2J"))
      << text;
  EXPECT_FALSE(contains(text, "\x1b"));
}

TEST_F(LiveVerbs, accuracy_tells_how_forecasts_came_out) {
  ScoredPoint point{.key = fake.series,
                    .range = 1,
                    .model = "holt_winters",
                    .time = fake.now - 1h,
                    .error = 0.25,
                    .naive_error = 0.5,
                    .pinball = 0.1,
                    .inside80 = true,
                    .inside95 = true,
                    .above95 = false};
  fake.scored_points = {point};
  point.inside80 = false;
  fake.scored_points.push_back(point);
  fake.start();
  const auto text = show({"accuracy", "/work/batch job"});
  EXPECT_TRUE(contains(
      text, "cpu_usage   5min       2  0.25 cores      0.50     50 %    100 %         0 %"))
      << text;
  EXPECT_TRUE(
      contains(show({"accuracy", "/other"}), "no forecast of the last 7 days has come due yet"));
  EXPECT_TRUE(contains(show({"accuracy", "--json"}), "\"mean_naive_error\":0.5"));
}

TEST_F(LiveVerbs, sequence_next_tells_what_is_likely) {
  Session session;
  session.host = 1;
  session.uid = 1000;
  session.last_seen = fake.now - 5s;
  session.commands = 900;
  session.last_command = "git pull";
  session.next = {{"make -j<n>", 0.71}, {"ls", 0.12}, {"vi <path>", 0.05}};
  session.kind = SessionKind::interactive;
  session.surprise_bits = 2.5;
  session.usual_bits = 1.25;
  session.masquerade = 0.25;
  fake.live_view.sessions = {session};
  fake.start();
  const auto text = show({"sequence", "next"});
  EXPECT_TRUE(contains(text, "make -j<n> 71 %, ls 12 %")) << text;
  EXPECT_TRUE(contains(text, "interactive")) << text;
  EXPECT_TRUE(contains(text, "25 %")) << text;
  EXPECT_TRUE(contains(show({"sequence", "next", "--uid", "1"}), "nobody ran a command"));
  EXPECT_TRUE(contains(show({"sequence", "next", "--json"}), "\"likelihood\":0.71"));
}

TEST_F(LiveVerbs, anomalies_tells_what_was_unusual_and_why) {
  const Anomaly sure{.key = fake.series,
                     .time = fake.now - 1h,
                     .value = 3.5,
                     .score = .8,
                     .agreeing = 2,
                     .detector = "value",
                     .reason = "3.5 is above all values seen, up to now 2"};
  Anomaly single = sure;
  single.time -= 1h;
  single.agreeing = 1;
  single.reason = "the course is unlike all seen";
  fake.anomalies = {sure, single};
  fake.start();
  const auto text = show({"anomalies", "--workload", "/work/batch job"});
  EXPECT_TRUE(contains(text, "3.50 cores   0.80      2  3.5 is above all values seen")) << text;
  EXPECT_FALSE(contains(text, "unlike"));
  EXPECT_TRUE(contains(show({"anomalies", "--all"}), "unlike all seen"));
  EXPECT_TRUE(contains(show({"anomalies", "--workload", "/other"}), "nothing unusual"));
  EXPECT_TRUE(contains(show({"anomalies", "--json"}), "\"confirmed\":true"));
}

TEST_F(LiveVerbs, anomalies_tells_which_users_ran_what_they_usually_do_not) {
  fake.unusual_sessions = {{.host = 1,
                            .uid = 1000,
                            .time = fake.now - 1h,
                            .score = 1.25,
                            .detector = "surprise",
                            .command = "nc -l <n>",
                            .reason = "14 bits of surprise, 3 is usual"}};
  fake.start();
  const auto text = show({"anomalies"});
  EXPECT_TRUE(contains(text, "nothing unusual")) << text;
  EXPECT_TRUE(contains(text, "1000   1.25  surprise  nc -l <n>")) << text;
  EXPECT_TRUE(contains(show({"anomalies", "--json"}), "\"uid\":1000"));
  EXPECT_FALSE(contains(show({"anomalies", "--workload", "/other"}), "nc -l"));
}

TEST_F(LiveVerbs, calendars_tells_how_sources_are_and_whether_they_help) {
  fake.learned_state.calendars.push_back(
      {.name = "releases",
       .kind = "csv",
       .source = "/etc/r.csv",
       .loaded = fake.now - 1min,
       .problem = "/etc/r.csv:2: end: expected a time after start",
       .events = 4,
       .next_event = fake.now + 2h,
       .series = 5,
       .helped = 2,
       .usefulness = .25});
  fake.start();
  const auto text = show({"calendars"});
  EXPECT_TRUE(contains(text, "2 of 5  25 % of the error at best")) << text;
  EXPECT_TRUE(contains(text, "releases: /etc/r.csv:2: end: expected"));
  EXPECT_TRUE(contains(show({"calendars", "--json"}), "\"helped\":2"));
}

TEST_F(LiveVerbs, tables_fit_a_terminal) {
  fake.start();
  std::istringstream lines(show({"commands"}, {.width = 100, .colour = false}));
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 110u) << line;  // bytes, a few of them "…"
}

TEST_F(LiveVerbs, leads_tags_and_policies_are_tables) {
  fake.start();
  const auto leads = show({"leads"});
  EXPECT_TRUE(contains(
      leads,
      "pg_dump -Fc <db>  cpu_usage of /work/batch job on web-1  20 s ± 1.5 s  15 s  +2.00 cores  "
      "12 times      92 %   6.0  0.001"))
      << leads;
  EXPECT_TRUE(contains(show({"tags"}), "role=batch"));
  const auto policies = show({"policies"});
  EXPECT_TRUE(contains(policies, "batch-cpu  auto  /work/**   cpu_max  200m  4000m")) << policies;
}

TEST_F(LiveVerbs, forecast_is_drawn_and_listed) {
  fake.start();
  const auto text = show({"forecast", "/work/batch job", "--host", "web-1"});
  EXPECT_TRUE(
      contains(text, "cpu_usage of /work/batch job on web-1\nmodel holt_winters+leads, made"))
      << text;
  EXPECT_TRUE(contains(text, "moved by \"pg_dump -Fc <db>\", seen")) << text;
  EXPECT_TRUE(contains(text, "●")) << text;
  EXPECT_TRUE(contains(text, "┊")) << text;
  EXPECT_TRUE(contains(text, "━")) << text;
  EXPECT_TRUE(contains(text, "0.50 cores")) << text;
  EXPECT_TRUE(contains(text, "70 %")) << text;
}

TEST_F(LiveVerbs, forecast_says_why_there_is_none_yet) {
  fake.start();
  const auto text = show({"forecast", "--quantity", "memory_used"});
  EXPECT_TRUE(contains(
      text,
      "memory_used of (whole host) on web-1\nno forecast yet: needs 2 seasons of 60 s, ready "))
      << text;
}

TEST_F(LiveVerbs, decisions_are_listed_and_explained) {
  fake.start();
  for (const auto& words :
       {std::vector<const char*>{"decisions"}, std::vector<const char*>{"decisions", "list"}}) {
    const auto text = show(words);
    EXPECT_TRUE(contains(text,
                         "batch-cpu  auto  /work/batch job  cpu_max  raise      500m   3000m  now "
                         "3000m  forecast wants 3 cores"))
        << text;
  }
  show({"decisions", "list", "--changes", "--policy", "p"});
  EXPECT_TRUE(fake.decisions.last_query.only_changes);
  EXPECT_EQ(fake.decisions.last_query.policy, "p");
  EXPECT_EQ(show({"decisions", "explain", "42"}), "why: forecast wants 3 cores\n");
}

TEST_F(LiveVerbs, agents_with_special_characters_are_approved_and_revoked) {
  fake.agents->may_connect(kStrangeKey, "10.0.0.1");
  fake.start();
  EXPECT_TRUE(contains(show({"agents"}), "agents approve -- '" + kStrangeKey + "'"));
  const Outcome approved =
      run({"agents", "approve", "--socket", fake.socket.c_str(), "--", kStrangeKey.c_str()});
  EXPECT_EQ(approved.status, 0) << approved.err;
  EXPECT_EQ(approved.out, kStrangeKey + " is approved\n");
  EXPECT_TRUE(fake.agents->is_approved(kStrangeKey));
  const Outcome revoked =
      run({"agents", "revoke", "--socket", fake.socket.c_str(), "--", kStrangeKey.c_str()});
  EXPECT_EQ(revoked.out, kStrangeKey + " is revoked\n");
  EXPECT_FALSE(fake.agents->is_approved(kStrangeKey));
}

TEST_F(LiveVerbs, json_is_the_services_own_answer) {
  fake.start();
  EXPECT_EQ(show({"leads", "--json"}), fake.ask("GET", "/v1/leads").body);
  EXPECT_EQ(show({"decisions", "explain", "42", "--json"}),
            fake.ask("GET", "/v1/decisions/42").body);
}

TEST_F(LiveVerbs, colours_are_for_terminals) {
  fake.start();
  EXPECT_FALSE(contains(show({"decisions"}), "\x1b["));
  EXPECT_TRUE(
      contains(show({"decisions"}, {.width = 200, .colour = true}), "\x1b[32mraise\x1b[0m"));
}

TEST_F(LiveVerbs, refusals_of_the_service_are_failures_with_its_words) {
  fake.start();
  const Outcome unknown = run({"decisions", "explain", "7", "--socket", fake.socket.c_str()});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_EQ(unknown.out, "");
  EXPECT_EQ(unknown.err, "foreshock-coordinator: there is no decision 7\n");
}

TEST_F(LiveVerbs, a_service_that_talks_nonsense_is_a_failure) {
  HttpServer nonsense;
  nonsense.route("GET", "/v1/hosts", [](const HttpRequest&) {
    return HttpResponse{200, "[1", "application/json"};
  });
  nonsense.route("GET", "/v1/leads", [](const HttpRequest&) {
    return HttpResponse{200, "{\"leads\":[5]}", "application/json"};
  });
  nonsense.route("GET", "/v1/tags", [](const HttpRequest&) {
    return HttpResponse{500, "oops", "text/plain"};
  });
  const auto socket = fake.directory + "/nonsense.sock";
  ASSERT_TRUE(nonsense.listen_unix(socket, ""));
  for (const char* verb : {"hosts", "leads"}) {
    const Outcome outcome = run({verb, "--socket", socket.c_str()});
    EXPECT_EQ(outcome.status, 1) << verb;
    EXPECT_TRUE(contains(outcome.err, "not understood")) << outcome.err;
  }
  EXPECT_EQ(run({"tags", "--socket", socket.c_str()}).err,
            "foreshock-coordinator: the service answered with status 500\n");
}

TEST(LiveVerbsUsage, a_group_of_verbs_names_what_it_adds) {
  std::ostringstream out;
  ExitStatus exit_status = ExitStatus::success;
  for (const auto& group : live_verbs({out, out, {}}, exit_status)) {
    CLI::App app("test");
    group.add(app);
    std::vector<std::string> added;
    for (const auto* verb : app.get_subcommands({})) added.push_back(verb->get_name());
    EXPECT_EQ(added, std::vector<std::string>(group.names.begin(), group.names.end()));
  }
}

TEST(LiveVerbsUsage, a_service_that_does_not_run_is_told_apart) {
  const Outcome outcome = run({"hosts", "--socket", "/nonexistent/admin.sock"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_TRUE(contains(outcome.err, "/nonexistent/admin.sock: not running?")) << outcome.err;
  EXPECT_TRUE(contains(outcome.err, "foreshock-coordinator serve")) << outcome.err;
}

TEST(LiveVerbsUsage, wrong_command_lines_are_usage_errors) {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"hosts", "--no-such-option"},
                                             {"decisions", "explain"},
                                             {"decisions", "explain", "x"},
                                             {"agents", "approve"},
                                             {"commands", "-n", "0"},
                                             {"decisions", "--changes", "list"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 2) << words.back();
    EXPECT_NE(outcome.err, "") << words.back();
  }
  EXPECT_EQ(run({"forecast", "--help"}).status, 0);
}

}  // namespace foreshock::coordinator

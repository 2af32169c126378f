#include "agent/status/status_page.h"

#include <filesystem>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>

#include "agent/status/status_server.h"
#include "agent/status/status_text.h"
#include "common/http/http_client.h"

using namespace std::chrono_literals;

namespace foreshock::agent {

namespace {

using Json = nlohmann::json;

constexpr WallTime kNow = WallTime(24h * 20000);

Execution make_execution() {
  Execution execution;
  execution.facts.process = {4711, BootTime(90s)};
  execution.facts.identity = {.uid = 1000, .gid = 100, .login_uid = 1000, .session_id = {}};
  execution.facts.comm = "pg_dump";
  execution.exec_time = BootTime(100s);
  execution.cgroup = "/system.slice/backup.service";
  execution.filename = "/usr/bin/pg_dump";
  execution.argv = make_argv({"pg_dump", "--password=<redacted>", "bad\xff\x1b[31m"});
  execution.argv.redacted = true;
  ExecutionEnd end{.time = BootTime(102500ms), .wait_status = 0x0300, .use = {}};
  end.use.cpu = 1500ms;
  end.use.peak_rss = Bytes{64u << 20};
  execution.end = end;
  return execution;
}

ActionOutcome make_outcome() {
  return {.command_id = 7,
          .decision_id = 42,
          .status = ActionStatus::refused,
          .refusal = Refusal::below_floor,
          .detail = "working set is 300 MiB",
          .target = {"/work", 99},
          .knob = Knob::memory_max,
          .before = std::nullopt,
          .requested = 64u << 20,
          .after = std::nullopt,
          .time = kNow};
}

AgentStatus make_status() {
  AgentStatus status;
  status.time = kNow;
  status.started = kNow - 90s;
  status.host_name = "web-1";
  status.version = "0.1.0";
  status.public_key = "k/e?y'";
  status.capture = {
      .source = "bpf", .resumed = true, .problem = "", .stats = {.execs = 10, .exits = 9}};
  status.lifetimes = {.alive = 3, .evicted = 1};
  status.spool = {.problem = "", .stats = {.bytes = 2048, .entries = 2}};
  status.uplink = {.endpoint = "tcp://c:7420", .state = LinkState::connected, .acked_batches = 5};
  status.losses = {{Hop::kernel_exec, 0}, {Hop::spool, 4}};
  status.host = AgentStatus::Host{.cpu_cores = 1.25,
                                  .cpu_count = 4,
                                  .memory_used = Bytes{1u << 30},
                                  .memory_total = Bytes{2u << 30}};
  status.workloads = 12;
  status.processes = 200;
  status.own = {.cpu = 3s, .rss = Bytes{8u << 20}};
  status.wall_minus_boot = kNow.time_since_epoch() - 200s;
  status.recent_executions = {make_execution()};
  status.recent_outcomes = {make_outcome()};
  return status;
}

Json page_of(const AgentStatus& status) {
  return Json::parse(render_status_json(status));
}

}  // namespace

TEST(StatusPage, shows_every_part) {
  const Json page = page_of(make_status());
  EXPECT_EQ(page["host"], "web-1");
  EXPECT_EQ(page["problem"], nullptr);
  EXPECT_EQ(page["capture"]["source"], "bpf");
  EXPECT_EQ(page["capture"]["resumed"], true);
  EXPECT_EQ(page["capture"]["execs"], 10);
  EXPECT_EQ(page["live_processes"]["evicted"], 1);
  EXPECT_EQ(page["spool"]["batches"], 2);
  EXPECT_EQ(page["uplink"]["state"], "connected");
  EXPECT_EQ(page["uplink"]["advice"], "");
  EXPECT_EQ(page["losses"], Json({{"kernel_exec", 0}, {"spool", 4}}));
  EXPECT_EQ(page["host_use"]["cpu_cores"], 1.25);
  EXPECT_EQ(page["own_use"]["rss_bytes"], 8u << 20);
}

TEST(StatusPage, shows_an_execution_with_its_use_and_survives_broken_utf8) {
  const Json page = page_of(make_status());
  const Json& execution = page["recent_executions"][0];
  EXPECT_EQ(execution["time"], format_utc(kNow - 100s));
  EXPECT_EQ(execution["argv"][1], "--password=<redacted>");
  EXPECT_EQ(execution["argv"][2], "bad\xef\xbf\xbd\x1b[31m");
  EXPECT_EQ(execution["redacted"], true);
  EXPECT_EQ(execution["duration_s"], 2.5);
  EXPECT_EQ(execution["exit_code"], 3);
  EXPECT_EQ(execution["cpu_s"], 1.5);
  EXPECT_EQ(execution["running"], false);
  EXPECT_EQ(execution["login_uid"], 1000);
}

TEST(StatusPage, tells_a_killed_and_a_running_execution_apart_from_an_exited_one) {
  Execution execution = make_execution();
  execution.end->wait_status = 9;
  const Json killed = Json::parse(render_execution_json(execution, 0ns));
  EXPECT_EQ(killed["signal"], 9);
  EXPECT_FALSE(killed.contains("exit_code"));
  execution.end.reset();
  const Json running = Json::parse(render_execution_json(execution, 0ns));
  EXPECT_EQ(running["running"], true);
  EXPECT_FALSE(running.contains("cpu_s"));
}

TEST(StatusPage, shows_an_outcome_with_its_refusal) {
  const Json page = page_of(make_status());
  const Json& outcome = page["recent_outcomes"][0];
  EXPECT_EQ(outcome["status"], "refused");
  EXPECT_EQ(outcome["refusal"], "below_floor");
  EXPECT_EQ(outcome["before"], nullptr);
  EXPECT_EQ(outcome["requested"], 64u << 20);
}

TEST(StatusPage, says_what_to_do_about_each_state_of_the_link) {
  AgentStatus::Uplink uplink{.endpoint = "tcp://c:7420", .state = LinkState::not_enrolled};
  EXPECT_EQ(describe_link(uplink, "KEY").advice,
            "run on the coordinator: foreshock-coordinator agents approve 'KEY'");
  EXPECT_EQ(describe_link(uplink, "-KEY").advice,
            "run on the coordinator: foreshock-coordinator agents approve -- '-KEY'");
  uplink.state = LinkState::handshake_failed;
  EXPECT_NE(describe_link(uplink, "KEY").explanation.find("tcp://c:7420"), std::string::npos);
  uplink.state = LinkState::connecting;
  EXPECT_EQ(describe_link(uplink, "KEY").state, "connecting");
  uplink.endpoint.clear();
  EXPECT_EQ(describe_link(uplink, "KEY").state, "not_configured");
}

TEST(StatusPage, finds_what_keeps_the_agent_from_its_work) {
  AgentStatus status = make_status();
  EXPECT_EQ(find_problem(status), std::nullopt);
  status.spool.problem = "disk full";
  EXPECT_EQ(find_problem(status), "spool: disk full");
  status.capture.problem = "no BTF";
  EXPECT_EQ(find_problem(status), "capture: no BTF");
  EXPECT_TRUE(find_problem(AgentStatus{}).has_value());
}

TEST(StatusText, tells_people_the_same) {
  AgentStatus status = make_status();
  status.uplink.state = LinkState::not_enrolled;
  const auto text = render_status_text(render_status_json(status), {});
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text,
            "host       web-1, agent 0.1.0, up 90 s\n"
            "capture    bpf (taken over from an agent that died): 10 execs, 9 exits, 0 + 0 lost in "
            "the kernel, 0 not understood\n"
            "uplink     the coordinator does not accept this agent's key; records are kept in the "
            "spool (5 batches "
            "acknowledged, 0 sent again)\n"
            "           run on the coordinator: foreshock-coordinator agents approve 'k/e?y''\n"
            "spool      2 batches, 2.0 KiB, 0 dropped, 0 corrupt\n"
            "losses     4 at spool\n"
            "sampled    1.25 of 4 cores, 1.0 GiB of 2.0 GiB memory, 12 workloads, 200 processes (3 "
            "tracked)\n"
            "metrics    0 of applications, 0 values, 0 lines not understood, 0 refused\n"
            "upcoming   0 commands\n"
            "own use    3.0 s of cpu, 8.0 MiB\n"
            "public key k/e?y'\n"
            "\n"
            "TIME       PID    CPU       RSS   TOOK  WORKLOAD                      COMMAND\n"
            "23:58:20  4711  1.5 s  64.0 MiB  2.5 s  /system.slice/backup.service  "
            "pg_dump --password=<redacted> bad\xef\xbf\xbd\\x1b[31m\n"
            "\n"
            "TIME      DECISION  WORKLOAD  KNOB        CHANGE      STATUS                DETAIL\n"
            "00:00:00        42  /work     memory_max  max -> max  refused: below_floor  working "
            "set is 300 MiB\n");
}

TEST(StatusText, shows_an_agent_that_has_only_just_started) {
  const auto text = render_status_text(render_status_json(AgentStatus{}), {});
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text->rfind("PROBLEM    starting", 0), 0u);
}

TEST(StatusText, refuses_what_is_no_status) {
  for (const char* text : {"", "{", "[]", "{}", "{\"problem\":null,\"host\":5}"}) {
    const auto result = render_status_text(text, {});
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code(), ErrorCode::corrupt);
  }
}

TEST(StatusServer, serves_status_metrics_and_health) {
  std::string directory =
      (std::filesystem::temp_directory_path() / "foreshock-status-XXXXXX").string();
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string socket = directory + "/agent.sock";
  Snapshot<AgentStatus> status;
  MetricRegistry metrics;
  metrics.counter("foreshock_agent_reports_total", "Reports made.").add(3);
  {
    StatusServer server(status, metrics);
    ASSERT_TRUE(server.listen(socket, ""));
    EXPECT_EQ(http_over_unix(socket, "GET", "/healthz")->status, 503);
    status.publish(make_status());
    EXPECT_EQ(http_over_unix(socket, "GET", "/healthz")->body, "ok\n");
    EXPECT_EQ(Json::parse(http_over_unix(socket, "GET", "/status")->body)["host"], "web-1");
    EXPECT_NE(
        http_over_unix(socket, "GET", "/metrics")->body.find("foreshock_agent_reports_total 3\n"),
        std::string::npos);
    auto broken = make_status();
    broken.capture.problem = "ring lost";
    status.publish(broken);
    const auto health = http_over_unix(socket, "GET", "/healthz");
    EXPECT_EQ(health->status, 503);
    EXPECT_EQ(health->body, "capture: ring lost\n");
  }
  std::filesystem::remove_all(directory);
}

}  // namespace foreshock::agent

#include "coordinator/api/rest_api.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/http/url.h"
#include "tests/unit/coordinator/api/fake_coordinator.h"

using namespace std::chrono_literals;

namespace foreshock::coordinator {

namespace {

using Json = nlohmann::json;

class RestApiTest : public testing::Test {
 protected:
  Json get(const std::string& path) {
    const auto reply = fake.ask("GET", path);
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    return Json::parse(reply.body, nullptr, false);
  }
  /// The message of a refusal.
  std::string refusal(int status, const std::string& path) {
    const auto reply = fake.ask("GET", path);
    EXPECT_EQ(reply.status, status) << path << ": " << reply.body;
    return Json::parse(reply.body)["error"]["message"];
  }

  FakeCoordinator fake;
};

}  // namespace

TEST_F(RestApiTest, status_counts_what_there_is) {
  fake.agents->may_connect(kStrangeKey, "10.0.0.1");
  fake.start();
  const Json status = get("/v1/status");
  EXPECT_EQ(status["epoch"], 3);
  EXPECT_EQ(status["endpoint"], "tcp://c:7420");
  EXPECT_EQ(status["public_key"], "COORDINATOR");
  EXPECT_EQ(status["agents"], Json({{"approved", 0}, {"pending", 1}, {"revoked", 0}}));
  EXPECT_EQ(status["live"]["hosts_reporting"], 1);
  EXPECT_EQ(status["learning"]["forecasts"], 1);
  EXPECT_EQ(status["learning"]["not_yet"], 1);
  EXPECT_EQ(status["policies"], Json({{"auto", 1}, {"observe", 0}}));
  EXPECT_EQ(status["signatures"], Json({{"known", 12}, {"last_left_out", nullptr}}));
}

TEST_F(RestApiTest, status_says_when_a_command_did_not_fit_into_the_dictionary) {
  fake.history.signatures.last_left_out = WallTime(std::chrono::seconds(1));
  fake.start();
  EXPECT_EQ(get("/v1/status")["signatures"]["last_left_out"], "1970-01-01T00:00:01.000Z");
}

TEST_F(RestApiTest, hosts_carry_their_live_values) {
  HostRow gone;
  gone.id = 2;
  gone.name = "web-2";
  fake.history.host_rows.push_back(gone);
  fake.start();
  const Json hosts = get("/v1/hosts")["hosts"];
  ASSERT_EQ(hosts.size(), 2u);
  EXPECT_EQ(hosts[0]["host"], "web-1");
  EXPECT_EQ(hosts[0]["live"]["cpu_cores"], 1.25);
  EXPECT_EQ(hosts[0]["live"]["agent"],
            Json({{"cpu_cores", 0.031}, {"rss_bytes", 12u << 20}, {"saving", "samples"}}));
  EXPECT_EQ(hosts[0]["losses"], 5);
  EXPECT_EQ(hosts[1]["live"], nullptr);
  EXPECT_EQ(hosts[1]["last_seen"], nullptr);
}

TEST_F(RestApiTest, workloads_carry_live_values_limits_and_tags) {
  fake.start();
  const Json workloads = get("/v1/workloads")["workloads"];
  ASSERT_EQ(workloads.size(), 2u);
  const Json& busy = workloads[0];
  EXPECT_EQ(busy["cgroup"], "/work/batch job");
  EXPECT_EQ(busy["live"]["cpu_cores"], .75);
  EXPECT_EQ(busy["live"]["cpu_max_millicores"], 1500);
  EXPECT_EQ(busy["live"]["memory_max_bytes"], "max");
  EXPECT_FALSE(busy["live"].contains("memory_high_bytes"));  // this host has none
  EXPECT_EQ(busy["tags"], Json({{"role", "batch"}}));
  EXPECT_EQ(workloads[1]["live"], nullptr);
  EXPECT_EQ(get("/v1/workloads?limit=1")["workloads"].size(), 1u);
  EXPECT_EQ(get("/v1/workloads?text=idle")["workloads"][0]["cgroup"], "/idle");
}

TEST_F(RestApiTest, commands_hand_their_filters_to_history) {
  fake.start();
  const Json commands =
      get("/v1/commands?limit=7&text=a%26b&signature=x%20%3Cdb%3E&host=web-1")["commands"];
  EXPECT_EQ(fake.history.last_execution_query.limit, 7u);
  EXPECT_EQ(fake.history.last_execution_query.text, "a&b");
  EXPECT_EQ(fake.history.last_execution_query.signature, "x <db>");
  EXPECT_EQ(fake.history.last_execution_query.host, 1);
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(commands[0]["exit_code"], 1);
  EXPECT_EQ(commands[0]["duration_s"], 2.5);
  EXPECT_EQ(commands[0]["cpu_s"], 1.2);
  EXPECT_EQ(commands[0]["argv"][2],
            "sho\xef\xbf\xbdp\x1b[2J");  // broken UTF-8 is replaced, JSON stays JSON
}

TEST_F(RestApiTest, wrong_parameters_are_named) {
  fake.start();
  EXPECT_EQ(refusal(400, "/v1/commands?limit=0"),
            "parameter limit: expected a number from 1 to 10000, got \"0\"");
  EXPECT_EQ(refusal(400, "/v1/commands?limit=7x"),
            "parameter limit: expected a number from 1 to 10000, got \"7x\"");
  EXPECT_EQ(refusal(400, "/v1/commands?limit=99999999999999999999"),
            "parameter limit: expected a number from 1 to 10000, got \"99999999999999999999\"");
  EXPECT_EQ(refusal(400, "/v1/commands?signatrue=x"),
            "parameter signatrue: not known here (known: host, limit, signature, text)");
  EXPECT_EQ(refusal(400, "/v1/decisions?changes=maybe"),
            "parameter changes: expected 1 or 0, got \"maybe\"");
  EXPECT_EQ(refusal(404, "/v1/commands?host=web-9"), "there is no host \"web-9\"; known: web-1");
  EXPECT_EQ(refusal(400, "/v1/status?x=1"), "parameter x: not known here (known: none)");
  EXPECT_NE(refusal(400, "/v1/forecast?quantity=cpu").find("cpu_usage, cpu_throttled"),
            std::string::npos);
}

TEST_F(RestApiTest, forecast_is_the_one_that_commands_moved) {
  fake.start();
  const Json forecast =
      get("/v1/forecast?workload=%2Fwork%2Fbatch%20job&host=web-1&quantity=cpu_usage");
  EXPECT_EQ(forecast["model"], "holt_winters+leads");
  EXPECT_EQ(forecast["moved_by_commands"], true);
  EXPECT_EQ(forecast["unit"], "cores");
  ASSERT_EQ(forecast["points"].size(), 40u);
  EXPECT_EQ(forecast["points"][1]["time"], format_utc(fake.now + 1s));
  EXPECT_EQ(forecast["points"][0]["mean"], .5);
  EXPECT_DOUBLE_EQ(forecast["points"][0]["q025"].get<double>(), .2);
  EXPECT_DOUBLE_EQ(forecast["points"][0]["q975"].get<double>(), .8);
  EXPECT_EQ(forecast["leads"][0]["signature"], "pg_dump -Fc <db>");
  EXPECT_EQ(forecast["scores"][0]["model"], "holt_winters");
  EXPECT_EQ(forecast["recent"].size(), 60u);
  EXPECT_EQ(fake.history.last_series_query.to, fake.now);
}

TEST_F(RestApiTest, forecast_falls_back_to_the_learned_one) {
  fake.live_view.forecasts.clear();
  fake.start();
  const Json forecast = get("/v1/forecast?workload=/work/batch%20job");
  EXPECT_EQ(forecast["model"], "holt_winters");
  EXPECT_EQ(forecast["moved_by_commands"], false);
}

TEST_F(RestApiTest, forecast_says_why_there_is_none_yet) {
  fake.start();
  const Json learned = get("/v1/forecast?quantity=memory_used");
  EXPECT_EQ(learned["not_yet"]["reason"], "needs 2 seasons of 60 s");
  EXPECT_EQ(learned["not_yet"]["ready_at"], format_utc(fake.now + 1min));
  const Json unseen = get("/v1/forecast?quantity=load1");
  EXPECT_EQ(unseen["not_yet"]["ready_at"], nullptr);
}

TEST_F(RestApiTest, forecast_of_an_unknown_series_lists_some_that_exist) {
  for (int i = 0; i < 50; ++i)
    fake.history.keys.push_back({{1, "/x" + std::to_string(i)}, Quantity::cpu_usage});
  fake.start();
  const auto message = refusal(404, "/v1/forecast?workload=/none");
  EXPECT_NE(message.find("web-1:/none:cpu_usage"), std::string::npos);
  EXPECT_NE(message.find("web-1:/work/batch job:cpu_usage"), std::string::npos);
  EXPECT_NE(message.find("and 32 more"), std::string::npos) << message;
}

TEST_F(RestApiTest, forecast_asks_for_the_host_where_there_are_several) {
  HostRow second;
  second.id = 2;
  second.name = "web-2";
  fake.history.host_rows.push_back(second);
  fake.start();
  EXPECT_EQ(refusal(400, "/v1/forecast?workload=/a"),
            "parameter host: needed, because there are 2 hosts");
}

TEST_F(RestApiTest, unknown_numbers_are_null) {
  fake.live_view.forecasts[fake.series].mean[0] = std::nan("");
  fake.start();
  EXPECT_EQ(get("/v1/forecast?workload=/work/batch%20job")["points"][0]["mean"], nullptr);
}

TEST_F(RestApiTest, leads_tags_and_policies_are_listed) {
  fake.start();
  const Json lead = get("/v1/leads")["leads"][0];
  EXPECT_EQ(lead["signature"], "pg_dump -Fc <db>");
  EXPECT_EQ(lead["host"], "web-1");
  EXPECT_EQ(lead["lag_s"], 20);
  EXPECT_FALSE(lead.contains("response"));
  EXPECT_EQ(get("/v1/leads?response=1")["leads"][0]["response"]["values"], Json({0., 1., 2.}));
  EXPECT_TRUE(get("/v1/leads?signature=other")["leads"].empty());
  EXPECT_EQ(get("/v1/tags?key=role")["tags"][0]["value"], "batch");
  EXPECT_TRUE(get("/v1/tags?key=none")["tags"].empty());
  const Json policy = get("/v1/policies")["policies"][0];
  EXPECT_EQ(policy["policy"], "batch-cpu");
  EXPECT_EQ(policy["mode"], "auto");
  EXPECT_EQ(policy["capacity_unit"], "millicores");
  EXPECT_EQ(policy["lead_time_s"], 30);
}

TEST_F(RestApiTest, decisions_are_listed_and_explained) {
  fake.start();
  const Json list =
      get("/v1/decisions?limit=5&policy=batch-cpu&workload=/w&changes=1")["decisions"];
  EXPECT_EQ(fake.decisions.last_query.limit, 5u);
  EXPECT_EQ(fake.decisions.last_query.policy, "batch-cpu");
  EXPECT_EQ(fake.decisions.last_query.cgroup, "/w");
  EXPECT_TRUE(fake.decisions.last_query.only_changes);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["before"], 500);
  EXPECT_EQ(list[0]["action_outcome"]["after"], 3000);
  EXPECT_EQ(list[1]["before"], "max");
  EXPECT_EQ(list[1]["action_outcome"], nullptr);

  const Json whole = get("/v1/decisions/42");
  EXPECT_EQ(whole["details"]["winner"], "forecast");
  EXPECT_EQ(whole["text"], "why: forecast wants 3 cores\n");
  EXPECT_EQ(get("/v1/decisions/41")["details"], "{not json");
  EXPECT_EQ(refusal(404, "/v1/decisions/7"), "there is no decision 7");
  EXPECT_EQ(refusal(400, "/v1/decisions/x7"), "decision \"x7\": expected a number");
  EXPECT_EQ(refusal(400, "/v1/decisions/-1"), "decision \"-1\": expected a number");
}

TEST_F(RestApiTest, approves_and_revokes_a_key_with_every_special_character) {
  fake.agents->may_connect(kStrangeKey, "10.0.0.1");
  fake.start();
  ASSERT_FALSE(fake.agents->is_approved(kStrangeKey));
  const auto reply = fake.ask("POST", "/v1/agents/" + encode_url(kStrangeKey) + "/approve");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(Json::parse(reply.body)["enrolment"], "approved");
  EXPECT_TRUE(fake.agents->is_approved(kStrangeKey));
  EXPECT_EQ(get("/v1/agents")["agents"][0]["public_key"], kStrangeKey);
  EXPECT_EQ(fake.ask("POST", "/v1/agents/" + encode_url(kStrangeKey) + "/revoke").status, 200);
  EXPECT_FALSE(fake.agents->is_approved(kStrangeKey));
}

TEST_F(RestApiTest, changes_nothing_by_get) {
  fake.agents->may_connect(kStrangeKey, "10.0.0.1");
  fake.start();
  EXPECT_EQ(fake.ask("GET", "/v1/agents/" + encode_url(kStrangeKey) + "/approve").status, 405);
  EXPECT_FALSE(fake.agents->is_approved(kStrangeKey));
}

TEST_F(RestApiTest, health_tells_a_starting_a_working_and_a_dead_pipeline_apart) {
  fake.start();
  EXPECT_EQ(fake.ask("GET", "/healthz").body, "ok\n");
  FakeCoordinator dead;
  dead.live_view.published = dead.now - 40s;
  dead.start();
  EXPECT_EQ(dead.ask("GET", "/healthz").status, 503);
  EXPECT_EQ(dead.ask("GET", "/healthz").body, "the pipeline has published nothing for 40 s\n");
  FakeCoordinator full;
  full.live_view.history_problem = {.since = full.now - 5s, .what = "disk is full"};
  full.start();
  EXPECT_EQ(full.ask("GET", "/healthz").status, 503);
  EXPECT_EQ(full.ask("GET", "/healthz").body, "history: disk is full\n");
  FakeCoordinator starting;
  starting.live_view.published = {};
  starting.start();
  EXPECT_EQ(starting.ask("GET", "/healthz").status, 503);
}

TEST_F(RestApiTest, serves_its_metrics) {
  fake.metrics.counter("foreshock_coordinator_batches_total", "Batches.").add(2);
  fake.start();
  EXPECT_NE(fake.ask("GET", "/metrics").body.find("foreshock_coordinator_batches_total 2\n"),
            std::string::npos);
}

TEST_F(RestApiTest, readers_are_used_by_one_thread_at_a_time) {
  // The fakes are as little thread-safe as the real readers: the sanitizer watches.
  fake.start();
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> clients;
    for (const char* path : {"/v1/commands", "/v1/decisions",
                             "/v1/forecast?workload=/work/batch%20job", "/v1/workloads"}) {
      clients.emplace_back([&, path] {
        for (int i = 0; i < 5; ++i) answered += fake.ask("GET", path).status == 200 ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(answered, 20);
}

}  // namespace foreshock::coordinator

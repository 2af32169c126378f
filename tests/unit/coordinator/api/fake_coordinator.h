#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <stdlib.h>

#include "common/http/http_client.h"
#include "common/http/http_server.h"
#include "coordinator/anomaly/anomaly_log.h"
#include "coordinator/api/accuracy_routes.h"
#include "coordinator/api/anomaly_routes.h"
#include "coordinator/api/calendar_routes.h"
#include "coordinator/api/rest_api.h"
#include "coordinator/api/session_routes.h"

// A coordinator's front with made-up knowledge behind it, on a real socket.
namespace foreshock::coordinator {

/// 40 characters of Z85, the worst ones among them.
inline const std::string kStrangeKey = "-a/b?c%d&e+f#g=h:i<j>k(l)[m]{n}@o!p*q^r$";

class FakeHistory final : public HistoryReader {
 public:
  Result<std::vector<HostRow>> hosts() override { return host_rows; }
  Result<std::vector<WorkloadRow>> workloads(std::optional<HostId> host) override {
    std::vector<WorkloadRow> rows;
    for (const auto& row : workload_rows) {
      if (!host || row.workload.host == *host) rows.push_back(row);
    }
    return rows;
  }
  Result<std::vector<SeriesKey>> series_keys(WallTime) override { return keys; }
  Result<Series> series(const SeriesQuery& query) override {
    last_series_query = query;
    Series series{query.key, query.from, query.step, {}};
    for (WallTime time = query.from; time < query.to; time += query.step)
      series.values.push_back(1.5);
    return series;
  }
  Result<std::vector<ExecutionRow>> executions(const ExecutionQuery& query) override {
    last_execution_query = query;
    return execution_rows;
  }
  Result<std::vector<SignatureRuns>> signature_runs(WallTime, WallTime, std::size_t) override {
    return std::vector<SignatureRuns>{};
  }
  Result<SignatureUse> signature_use() override { return signatures; }

  SignatureUse signatures{.count = 12, .last_left_out = {}};
  std::vector<HostRow> host_rows;
  std::vector<WorkloadRow> workload_rows;
  std::vector<SeriesKey> keys;
  std::vector<ExecutionRow> execution_rows;
  SeriesQuery last_series_query;
  ExecutionQuery last_execution_query;
};

class FakeDecisions final : public DecisionReader {
 public:
  Result<std::vector<DecisionRow>> list(const DecisionQuery& query) override {
    last_query = query;
    return rows;
  }
  Result<DecisionRow> find(std::uint64_t id) override {
    for (const auto& row : rows) {
      if (row.id == id) return row;
    }
    return Error(ErrorCode::not_found, "there is no decision " + std::to_string(id));
  }

  std::vector<DecisionRow> rows;
  DecisionQuery last_query;
};

/// Everything at `now`: one host, "web-1", with the workload "/work/batch job".
class FakeCoordinator {
 public:
  FakeCoordinator() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "foreshock-api-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) abort();
    directory = pattern;
    socket = directory + "/admin.sock";
    agents = *AgentDirectory::open(directory + "/agents.json", clock);
    fill_history();
    fill_learned();
    fill_live();
    fill_decisions();
    fill_policies();
  }
  ~FakeCoordinator() {
    server.stop();
    std::filesystem::remove_all(directory);
  }
  FakeCoordinator(const FakeCoordinator&) = delete;
  FakeCoordinator& operator=(const FakeCoordinator&) = delete;

  /// After the knowledge was changed as the test wants it.
  void start() {
    learned.publish(learned_state);
    live.publish(live_view);
    api = std::make_unique<RestApi>(
        RestApi::Parts{.history = history,
                       .decisions = decisions,
                       .agents = *agents,
                       .learned = learned,
                       .live = live,
                       .policies = policies,
                       .metrics = metrics,
                       .clock = clock,
                       .explain = [](const DecisionRow& row) -> Result<std::string> {
                         return "why: " + row.reason + "\n";
                       },
                       .endpoint = "tcp://c:7420",
                       .public_key = "COORDINATOR"});
    api->add_routes(server);
    accuracy_log = *AccuracyLog::open(directory + "/models.db");
    if (!accuracy_log->add(scored_points)) abort();
    accuracy_reader = *AccuracyReader::open(directory + "/models.db");
    accuracy_routes = std::make_unique<AccuracyRoutes>(
        AccuracyRoutes::Parts{*accuracy_reader, [this] { return api->host_names(); }, clock});
    accuracy_routes->add_to(server);
    anomaly_log = *AnomalyLog::open(directory + "/anomalies.db");
    if (!anomaly_log->add(anomalies, unusual_sessions)) abort();
    anomaly_reader = *AnomalyReader::open(directory + "/anomalies.db");
    anomaly_routes = std::make_unique<AnomalyRoutes>(AnomalyRoutes::Parts{
        *anomaly_reader, learned, [this] { return api->host_names(); }, clock});
    anomaly_routes->add_to(server);
    calendar_routes = std::make_unique<CalendarRoutes>(learned);
    calendar_routes->add_to(server);
    session_routes = std::make_unique<SessionRoutes>(
        SessionRoutes::Parts{live, [this] { return api->host_names(); }});
    session_routes->add_to(server);
    if (!server.listen_unix(socket, "")) abort();
  }

  HttpReply ask(const std::string& method, const std::string& path) {
    const auto reply = http_over_unix(socket, method, path);
    return reply ? *reply : HttpReply{0, reply.error().message()};
  }

  const Workload workload{1, "/work/batch job"};
  const SeriesKey series{workload, Quantity::cpu_usage};
  FakeClock clock;
  const WallTime now = clock.wall_now();
  std::string directory;
  std::string socket;
  FakeHistory history;
  FakeDecisions decisions;
  std::unique_ptr<AgentDirectory> agents;
  LearnedState learned_state;
  LiveView live_view;
  Snapshot<std::vector<Policy>> policies;
  std::vector<ScoredPoint> scored_points;
  std::vector<Anomaly> anomalies;
  std::vector<UnusualSession> unusual_sessions;
  MetricRegistry metrics;

 private:
  void fill_history() {
    using namespace std::chrono_literals;
    HostRow host;
    host.id = 1;
    host.name = "web-1";
    host.agent_version = "0.1.0";
    host.first_seen = now - 1h;
    host.last_seen = now - 1s;
    host.executions = 1234;
    host.losses = 5;
    history.host_rows = {host};
    history.workload_rows = {{workload, 77, now - 1s}, {{1, "/idle"}, 78, now - 2h}};
    history.keys = {series, {{1, ""}, Quantity::load1}};
    ExecutionRow row;
    row.id = 9;
    row.host = 1;
    row.start = now - 10s;
    row.pid = 4711;
    row.cgroup = workload.cgroup;
    row.signature = "pg_dump -Fc <db>";
    row.comm = "pg_dump";
    row.argv = {"pg_dump", "-Fc", "sho\xffp\x1b[2J"};
    row.end = now - 7500ms;
    row.wait_status = 0x0100;
    ResourceUse use;
    use.cpu = 1200ms;
    use.peak_rss = Bytes{std::uint64_t{64} << 20};
    row.use = use;
    history.execution_rows = {row};
  }

  Forecast make_forecast() const {
    using namespace std::chrono_literals;
    Forecast forecast;
    forecast.key = series;
    forecast.made_at = now - 2s;
    forecast.start = now;
    forecast.step = 1s;
    for (int i = 0; i < 40; ++i) {
      const double mean = i < 20 ? 0.5 : 2.5;
      forecast.mean.push_back(mean);
      forecast.quantiles.push_back(
          {mean - .3, mean - .2, mean - .1, mean, mean + .1, mean + .2, mean + .3});
    }
    forecast.model = "holt_winters";
    return forecast;
  }

  void fill_learned() {
    using namespace std::chrono_literals;
    learned_state.learned_at = now - 30s;
    learned_state.took = 1500ms;
    LeadCommand lead;
    lead.signature = "pg_dump -Fc <db>";
    lead.source_host = 1;
    lead.target = series;
    lead.lag_s = 20;
    lead.lag_spread_s = 1.5;
    lead.duration_s = 15;
    lead.effect = 2;
    lead.support = 12;
    lead.precision = .92;
    lead.lift = 6;
    lead.p_value = .001;
    lead.q_value = .01;
    lead.response = {0, 1, 2};
    learned_state.leads = {lead};
    learned_state.forecasts[series] = make_forecast();
    learned_state.forecasts[{{1, ""}, Quantity::memory_used}] =
        NotYet{"needs 2 seasons of 60 s", now + 1min};
    learned_state.scores[series] = {make_score("holt_winters", .1, .81, .7),
                                    make_score("seasonal_naive", .2, .7, 0)};
    learned_state.tags = {{workload, "role", "batch", "rule:batch", "cgroup matches /work/*", 1}};
  }

  static ModelScore make_score(const std::string& model, double pinball, double coverage80,
                               double weight) {
    ModelScore score;
    score.model = model;
    score.pinball = pinball;
    score.coverage80 = coverage80;
    score.points = 500;
    score.weight = weight;
    score.serves = weight > 0;
    return score;
  }

  void fill_live() {
    using namespace std::chrono_literals;
    live_view.published = now - 1s;
    live_view.epoch = 3;
    LiveView::Host host;
    host.id = 1;
    host.name = "web-1";
    host.last_report = now - 1s;
    host.cpu_cores = 1.25;
    host.cpu_count = 4;
    host.memory_used_bytes = std::uint64_t{1} << 30;
    host.memory_total_bytes = std::uint64_t{4} << 30;
    host.agent = AgentUse{7s, Bytes{12u << 20}, Saving::samples};
    host.agent_cpu_cores = 0.031;
    live_view.hosts = {host};
    LiveView::LiveWorkload live_workload;
    live_workload.workload = workload;
    live_workload.time = now - 1s;
    live_workload.cpu_cores = .75;
    live_workload.throttled = true;
    live_workload.sample.cpu_max_millicores.emplace(1500);
    live_workload.sample.memory_working_set = Bytes{std::uint64_t{300} << 20};
    live_workload.sample.memory_max.emplace(std::nullopt);
    live_workload.sample.process_count = 3;
    live_view.workloads = {live_workload};
    Forecast moved = make_forecast();
    moved.model = "holt_winters+leads";
    moved.leads = {{"pg_dump -Fc <db>", now - 10s, now + 10s, now + 25s, 2}};
    live_view.forecasts[series] = moved;
    live_view.reports = 100;
    live_view.executions = 1234;
  }

  void fill_decisions() {
    using namespace std::chrono_literals;
    DecisionRow row;
    row.id = 42;
    row.time = now - 12s;
    row.policy = "batch-cpu";
    row.mode = "auto";
    row.host_name = "web-1";
    row.cgroup = workload.cgroup;
    row.knob = "cpu_max";
    row.outcome = "raise";
    row.before = 500;
    row.wanted = 3000;
    row.reason = "forecast wants 3 cores";
    row.details = R"({"winner":"forecast","clips":[]})";
    ActionOutcome outcome;
    outcome.status = ActionStatus::applied;
    outcome.before = 500;
    outcome.requested = 3000;
    outcome.after = 3000;
    outcome.time = now - 11s;
    row.action_outcome = outcome;
    DecisionRow broken = row;
    broken.id = 41;
    broken.before = std::nullopt;
    broken.details = "{not json";
    broken.action_outcome.reset();
    decisions.rows = {row, broken};
  }

  void fill_policies() {
    using namespace std::chrono_literals;
    Policy policy;
    policy.name = "batch-cpu";
    policy.mode = PolicyMode::auto_;
    policy.cgroup = "/work/**";
    policy.min_capacity = 200;
    policy.max_capacity = 4000;
    policy.lead_time = 30s;
    policies.publish({policy});
  }

  Snapshot<LearnedState> learned;
  Snapshot<LiveView> live;
  std::unique_ptr<RestApi> api;
  std::unique_ptr<AccuracyLog> accuracy_log;
  std::unique_ptr<AccuracyReader> accuracy_reader;
  std::unique_ptr<AccuracyRoutes> accuracy_routes;
  std::unique_ptr<AnomalyLog> anomaly_log;
  std::unique_ptr<AnomalyReader> anomaly_reader;
  std::unique_ptr<AnomalyRoutes> anomaly_routes;
  std::unique_ptr<CalendarRoutes> calendar_routes;
  std::unique_ptr<SessionRoutes> session_routes;
  HttpServer server;
};

}  // namespace foreshock::coordinator

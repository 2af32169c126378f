#include "coordinator/coordinator.h"

#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <signal.h>

#include "common/base/clock_watch.h"
#include "common/base/log.h"
#include "common/http/http_server.h"
#include "common/os/event_loop.h"
#include "common/os/file.h"
#include "common/os/freed_memory.h"
#include "common/os/service_notify.h"
#include "common/sync/named_thread.h"
#include "common/sync/snapshot.h"
#include "common/telemetry/metrics.h"
#include "common/wire/curve_keys.h"
#include "coordinator/anomaly/anomaly_log.h"
#include "coordinator/api/accuracy_routes.h"
#include "coordinator/api/anomaly_routes.h"
#include "coordinator/api/app_metric_routes.h"
#include "coordinator/api/binary_routes.h"
#include "coordinator/api/calendar_routes.h"
#include "coordinator/api/demand_routes.h"
#include "coordinator/api/forecast_routes.h"
#include "coordinator/api/model_routes.h"
#include "coordinator/api/rest_api.h"
#include "coordinator/api/session_routes.h"
#include "coordinator/api/tag_routes.h"
#include "coordinator/api/upcoming_routes.h"
#include "coordinator/api/use_routes.h"
#include "coordinator/api/user_routes.h"
#include "coordinator/decide/explanation.h"
#include "coordinator/decide/sqlite_decision_log.h"
#include "coordinator/decide/sqlite_decision_reader.h"
#include "coordinator/history/sqlite_history_reader.h"
#include "coordinator/history/sqlite_history_store.h"
#include "coordinator/ingest/gateway.h"
#include "coordinator/pipeline/demand_learning.h"
#include "coordinator/pipeline/learning.h"
#include "coordinator/pipeline/pipeline.h"
#include "coordinator/pipeline/tag_round.h"
#include "coordinator/registry/online_store.h"
#include "coordinator/registry/tag_store.h"
#include "coordinator/tag/rule_tagger.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kInboundBatches = 1024;
constexpr auto kWatchInterval = std::chrono::seconds(5);
constexpr std::size_t kKeptBytes = 8 << 20;

/// The coordinator's own key; made at the first start.
Result<CurveKeyPair> own_keys(const std::string& path) {
  if (std::filesystem::exists(path)) return read_key_file(path);
  return create_key_file(path);
}

}  // namespace

struct Coordinator::Impl {
  const CoordinatorConfig config;       ///< as it was at the start
  Snapshot<CoordinatorConfig> running;  ///< as it is after reloads
  Snapshot<std::vector<Policy>> running_policies;
  Snapshot<SignatureRules> signature_rules;  ///< how commands are named
  SystemClock clock;
  ClockWatch clock_watch{kWatchInterval};
  UniqueFd state_lock;  ///< two writers would spoil what either remembers of the databases
  CurveKeyPair keys;
  MetricRegistry metrics;
  InboundQueue inbound{kInboundBatches};
  Snapshot<LearnedState> learned;
  Snapshot<LiveView> live_view;
  std::unique_ptr<HistoryStore> history;
  std::unique_ptr<DecisionLog> decisions;
  std::unique_ptr<HistoryReader> learn_reader;
  std::unique_ptr<HistoryReader> api_reader;
  std::unique_ptr<DecisionReader> decision_reader;
  std::unique_ptr<AccuracyLog> accuracy_log;
  std::unique_ptr<AccuracyReader> accuracy_reader;
  std::unique_ptr<ModelStore> models;
  RetrainingRequests retraining;
  std::unique_ptr<AnomalyLog> anomaly_log;
  UnusualSessions unusual_sessions;
  std::unique_ptr<AnomalyReader> anomaly_reader;
  std::unique_ptr<AgentDirectory> directory;
  std::unique_ptr<Gateway> gateway;
  std::unique_ptr<Pipeline> pipeline;
  std::unique_ptr<Deciding> policies;
  std::unique_ptr<RuleTagger> tagger;
  std::unique_ptr<OnlineStore> online_store;
  std::unique_ptr<TagStore> tag_store;
  std::unique_ptr<UseReader> learn_use_reader;
  std::unique_ptr<TagRound> tag_round;
  std::unique_ptr<Learning> learning;
  std::unique_ptr<RestApi> api;
  std::unique_ptr<AccuracyRoutes> accuracy_routes;
  std::unique_ptr<ModelRoutes> model_routes;
  std::unique_ptr<DemandLearning> demand_learning;
  Snapshot<std::shared_ptr<const DemandModel>> demand;
  std::unique_ptr<DemandRoutes> demand_routes;
  std::unique_ptr<AnomalyRoutes> anomaly_routes;
  std::unique_ptr<CalendarRoutes> calendar_routes;
  std::unique_ptr<SessionRoutes> session_routes;
  std::unique_ptr<AppMetricReader> app_metric_reader;
  std::unique_ptr<AppMetricRoutes> app_metric_routes;
  std::unique_ptr<UpcomingRoutes> upcoming_routes;
  std::unique_ptr<UseReader> use_reader;
  std::unique_ptr<UseRoutes> use_routes;
  std::unique_ptr<BinaryReader> binary_reader;
  std::unique_ptr<BinaryRoutes> binary_routes;
  std::unique_ptr<UserReader> user_reader;
  std::unique_ptr<UserRoutes> user_routes;
  std::unique_ptr<HistoryReader> forecast_reader;
  std::unique_ptr<UserReader> forecast_user_reader;
  std::unique_ptr<ForecastRoutes> forecast_routes;
  std::unique_ptr<TagRoutes> tag_routes;
  HttpServer http;

  explicit Impl(CoordinatorConfig made)
      : config(std::move(made)),
        running(config),
        running_policies(config.policies),
        signature_rules(SignatureRules(config.signature_rules)) {}

  static Pipeline::Options pipeline_options(const CoordinatorConfig& config) {
    Pipeline::Options options;
    options.decide_interval = config.decide_interval;
    options.max_age = config.history_max_age;
    options.history_limits = {.max_bytes = config.history_max_bytes.count,
                              .min_free_bytes = config.history_min_free.count};
    options.dispatch = config.dispatch;
    options.reflex_rules = config.reflex_rules;
    return options;
  }

  void watch() {
    notify_watchdog();
    for (const auto& agent : directory->take_newly_shared()) {
      log_warning("key_shared_by_two_hosts key={} hosts=\"{}\"", agent.public_key, agent.shared_by);
    }
    if (const auto change = clock_watch.look(clock.boot_now(), clock.wall_now())) {
      log_warning("clock_changed wall_jump_ms={} stood_still_ms={}",
                  change->wall_jump / std::chrono::milliseconds(1),
                  change->stood_still / std::chrono::milliseconds(1));
      if (change->wall_jump != Nanoseconds(0)) gateway->tell_time();
    }
  }

  void reload() {
    notify_reloading();
    if (const auto reloaded = take_over_configuration(); reloaded) {
      log_info("configuration_reloaded path={} policies={}", config.path,
               running.read()->policies.size());
    } else {
      log_error("configuration_kept error=\"{}\"", reloaded.error().message());
    }
    notify_ready("listening on " + gateway->endpoint());
  }

  /// All of what has changed, or, after an error, nothing of it.
  Result<void> take_over_configuration() {
    FS_TRY(auto next, read_coordinator_config(config.path));
    if (const auto stuck = keys_needing_restart(*running.read(), next); !stuck.empty()) {
      return Error(ErrorCode::unsupported, fmt::format("{}: needs a restart to change {}",
                                                       config.path, fmt::join(stuck, ", ")));
    }
    start_log(parse_log_level(next.log_level));
    pipeline->reconfigure(pipeline_options(next), next.policies);
    running_policies.publish(next.policies);
    signature_rules.publish(SignatureRules(next.signature_rules));
    running.publish(std::move(next));
    return {};
  }

  Result<void> open() {
    keep_freed_memory(kKeptBytes);
    FS_CHECK(make_directories(config.state_directory, 0750));
    FS_CHECK(check_writable_directory(config.state_directory));
    FS_TRY(state_lock, lock_directory(config.state_directory));
    FS_TRY(keys, own_keys(config.key_file()));
    FS_TRY(directory, AgentDirectory::open(config.agents_file(), clock));
    FS_TRY(history,
           SqliteHistoryStore::open(config.history_file(), {.signature_rules = &signature_rules}));
    FS_TRY(decisions, SqliteDecisionLog::open(config.decisions_file()));
    FS_TRY(learn_reader, SqliteHistoryReader::open(config.history_file()));
    FS_TRY(api_reader, SqliteHistoryReader::open(config.history_file()));
    FS_TRY(decision_reader, SqliteDecisionReader::open(config.decisions_file()));
    FS_TRY(accuracy_log, AccuracyLog::open(config.models_file()));
    FS_TRY(accuracy_reader, AccuracyReader::open(config.models_file()));
    FS_TRY(models, ModelStore::open(config.models_file()));
    FS_TRY(anomaly_log, AnomalyLog::open(config.anomalies_file()));
    FS_TRY(anomaly_reader, AnomalyReader::open(config.anomalies_file()));
    FS_TRY(const std::uint64_t epoch, decisions->next_epoch());
    FS_TRY(auto router, RouterSocket::bind({config.listen, keys}, *directory));

    gateway = std::make_unique<Gateway>(std::move(router), *directory, inbound, metrics, epoch);
    pipeline = std::make_unique<Pipeline>(
        pipeline_options(config), config.policies, epoch,
        Pipeline::Parts{inbound, *history, *decisions, learned, live_view,
                        [this](Outbound message) { return gateway->post(std::move(message)); },
                        metrics, clock, signature_rules, unusual_sessions});
    FS_TRY(const auto recorded, CommandReader::open(config.history_file()));
    // Without it users are strangers again for a day: no reason not to start.
    if (const auto recalled = pipeline->recall_sessions(*recorded); !recalled)
      log_error("sessions_not_recalled error=\"{}\"", recalled.error().message());
    policies = std::make_unique<Deciding>(config.policies);
    tagger = std::make_unique<RuleTagger>(config.tag_rules);
    FS_TRY(online_store, OnlineStore::open(config.models_file()));
    FS_TRY(tag_store, TagStore::open(config.models_file()));
    FS_TRY(learn_use_reader, UseReader::open(config.history_file()));
    tag_round = std::make_unique<TagRound>(
        TagRound::Parts{*learn_reader, *learn_use_reader, *tagger, *tag_store, live_view});
    learning = std::make_unique<Learning>(
        config.learning,
        Learning::Parts{*learn_reader, *policies, *tag_round, live_view, *accuracy_log, *models,
                        *online_store, retraining, *anomaly_log, unusual_sessions, metrics});
    demand_learning = std::make_unique<DemandLearning>(DemandLearning::Options{}, *learn_reader);
    return open_api();
  }

  Result<void> open_api() {
    api = std::make_unique<RestApi>(RestApi::Parts{
        *api_reader, *decision_reader, *directory, learned, live_view, running_policies, metrics,
        clock, explain, gateway->endpoint(), keys.public_key});
    api->add_routes(http);
    accuracy_routes = std::make_unique<AccuracyRoutes>(
        AccuracyRoutes::Parts{*accuracy_reader, [this] { return api->host_names(); }, clock});
    accuracy_routes->add_to(http);
    model_routes = std::make_unique<ModelRoutes>(
        ModelRoutes::Parts{*models, retraining, [this] { return api->host_names(); }});
    model_routes->add_to(http);
    demand_routes = std::make_unique<DemandRoutes>(DemandRoutes::Parts{
        [this](const DemandQuestion& question) { return predict_demand(question); }, clock,
        signature_rules});
    demand_routes->add_to(http);
    anomaly_routes = std::make_unique<AnomalyRoutes>(AnomalyRoutes::Parts{
        *anomaly_reader, learned, [this] { return api->host_names(); }, clock});
    anomaly_routes->add_to(http);
    calendar_routes = std::make_unique<CalendarRoutes>(learned);
    calendar_routes->add_to(http);
    session_routes = std::make_unique<SessionRoutes>(
        SessionRoutes::Parts{live_view, [this] { return api->host_names(); }});
    session_routes->add_to(http);
    FS_TRY(app_metric_reader, AppMetricReader::open(config.history_file()));
    app_metric_routes = std::make_unique<AppMetricRoutes>(
        AppMetricRoutes::Parts{*app_metric_reader, [this] { return api->host_names(); }, clock});
    app_metric_routes->add_to(http);
    upcoming_routes = std::make_unique<UpcomingRoutes>(
        UpcomingRoutes::Parts{live_view, [this] { return api->host_names(); }, clock});
    upcoming_routes->add_to(http);
    FS_TRY(use_reader, UseReader::open(config.history_file()));
    use_routes = std::make_unique<UseRoutes>(
        UseRoutes::Parts{*use_reader, [this] { return api->host_names(); }, clock});
    use_routes->add_to(http);
    FS_TRY(binary_reader, BinaryReader::open(config.history_file()));
    binary_routes = std::make_unique<BinaryRoutes>(*binary_reader);
    binary_routes->add_to(http);
    FS_TRY(user_reader, UserReader::open(config.history_file()));
    user_routes = std::make_unique<UserRoutes>(
        UserRoutes::Parts{*user_reader, learned, [this] { return api->host_names(); }, clock});
    user_routes->add_to(http);
    FS_TRY(forecast_reader, SqliteHistoryReader::open(config.history_file()));
    FS_TRY(forecast_user_reader, UserReader::open(config.history_file()));
    forecast_routes = std::make_unique<ForecastRoutes>(
        ForecastRoutes::Options{config.learning.step, config.learning.history,
                                config.learning.horizon},
        ForecastRoutes::Parts{*forecast_reader, *forecast_user_reader, learned,
                              [this] { return api->host_names(); }, clock});
    forecast_routes->add_to(http);
    tag_routes = std::make_unique<TagRoutes>(
        TagRoutes::Parts{*tag_store, learned, [this] { return api->host_names(); }});
    tag_routes->add_to(http);
    FS_CHECK(make_directories(std::filesystem::path(config.admin_socket).parent_path().string()));
    return http.listen_unix(config.admin_socket, config.socket_group);
  }

  std::optional<DemandRoutes::Predictions> predict_demand(const DemandQuestion& question) const {
    const auto model = *demand.read();
    if (!model) return std::nullopt;
    DemandRoutes::Predictions predictions;
    for (const auto target : kDemandTargets)
      predictions[static_cast<std::size_t>(target)] = model->predict(question, target);
    return predictions;
  }

  void learn_demand() {
    auto learned_demand = demand_learning->learn_if_due(clock.wall_now());
    if (!learned_demand) {
      log_error("demand_learning_failed error=\"{}\"", learned_demand.error().message());
    } else if (*learned_demand) {
      demand.publish(*std::move(learned_demand));
    }
  }

  void learn(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any due;
    WatchList told;
    std::string last_problem;
    auto taken_over = running.read();
    const auto take_over = [&](LearnedState next) {
      WatchList list = make_watch_list(next.leads, signature_rules.read()->all(), told.version);
      learned.publish(std::move(next));
      if (list == told) return;
      ++list.version;
      told = list;
      log_info("watch_list_changed signatures={} rules={}", list.signatures.size(),
               list.rules.size());
      gateway->set_watch_list(std::move(list));
    };
    while (!stop.stop_requested()) {
      if (const auto latest = running.read(); latest != taken_over) {
        taken_over = latest;
        policies->set_policies(latest->policies);
        *tagger = RuleTagger(latest->tag_rules);
      }
      LearnedState next = learning->learn(*learned.read(), clock.wall_now(), take_over);
      if (next.problem != last_problem && !next.problem.empty()) {
        log_error("learning_failed error=\"{}\"", next.problem);
      }
      last_problem = next.problem;
      take_over(std::move(next));
      learn_demand();
      std::unique_lock lock(mutex);
      due.wait_for(lock, stop, config.learning.interval, [] { return false; });
    }
  }
};

Coordinator::Coordinator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Coordinator::~Coordinator() = default;

Result<std::unique_ptr<Coordinator>> Coordinator::make(CoordinatorConfig config) {
  auto impl = std::make_unique<Impl>(std::move(config));
  FS_CHECK(impl->open());
  return std::unique_ptr<Coordinator>(new Coordinator(std::move(impl)));
}

Result<void> Coordinator::run() {
  FS_TRY(auto loop, EventLoop::make());
  FS_CHECK(loop->watch_signals({SIGTERM, SIGINT}, [&loop](int) { loop->stop(); }));
  FS_CHECK(loop->watch_signals({SIGHUP}, [this](int) { impl_->reload(); }));
  FS_CHECK(loop->watch_timer(kWatchInterval, [this] { impl_->watch(); }));

  // Started against the flow of the data, stopped along it: what was received is still committed.
  std::jthread learn = start_thread("learn", [this](std::stop_token stop) { impl_->learn(stop); });
  std::jthread pipeline =
      start_thread("pipeline", [this](std::stop_token stop) { impl_->pipeline->run(stop); });
  std::jthread ingest =
      start_thread("ingest", [this](std::stop_token stop) { impl_->gateway->run(stop); });
  log_info("coordinator_ready listen={} public_key={} admin_socket={}", impl_->gateway->endpoint(),
           impl_->keys.public_key, impl_->config.admin_socket);
  notify_ready("listening on " + impl_->gateway->endpoint());

  auto ran = loop->run();
  notify_stopping();
  log_info("coordinator_stopping");
  impl_->http.stop();
  ingest.request_stop();
  ingest.join();
  pipeline.request_stop();
  pipeline.join();
  learn.request_stop();
  learn.join();
  return ran;
}

}  // namespace foreshock::coordinator

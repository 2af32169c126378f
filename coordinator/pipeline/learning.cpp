#include "coordinator/pipeline/learning.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/forecast/known_values.h"
#include "coordinator/forecast/pooled_prior.h"
#include "coordinator/lead/long_leads.h"
#include "coordinator/pipeline/similar_series.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kExecutionsPerTagging = 2000;
constexpr std::chrono::days kAccuracyAge{366};
/// Lags of minutes to hours need no finer steps, and half a day at the least.
constexpr std::chrono::nanoseconds kLongStep = std::chrono::minutes(1);
constexpr std::chrono::hours kLeastLongHistory{12};

bool is_learned(Quantity quantity) {
  return quantity == Quantity::cpu_usage || quantity == Quantity::memory_used;
}

bool is_same(const LeadCommand& a, const LeadCommand& b) {
  return a.signature == b.signature && a.source_host == b.source_host && a.target == b.target;
}

bool has_values(const Series& series) {
  return std::ranges::any_of(series.values, [](double value) { return value == value; });
}

double mean_of_known(const Series& series) {
  double sum = 0;
  std::size_t known = 0;
  for (const double value : series.values) {
    if (value != value) continue;
    sum += value;
    ++known;
  }
  return known == 0 ? 0 : sum / static_cast<double>(known);
}

}  // namespace

Learning::Learning(const Options& options, Parts parts)
    : options_(options),
      parts_(parts),
      models_({.retrain_interval = options.retrain_interval,
               .points = static_cast<std::size_t>(options.horizon / options.step)},
              {parts.models, parts.retraining}),
      online_({.step = options.step,
               .history = options.history,
               .points = static_cast<std::size_t>(options.horizon / options.step),
               .max_series = options.max_online_series},
              {parts.history, parts.online}),
      check_(options.max_series),
      anomalies_(options.anomalies, options.max_series,
                 {parts.history, parts.anomalies, parts.unusual_sessions, parts.metrics}),
      calendars_(options.calendars, parts.history) {}

LearnedState Learning::learn(const LearnedState& before, WallTime now, const OnLeads& on_leads) {
  const SystemClock clock;
  const BootTime began = clock.boot_now();
  auto learned = try_learn(before, now, on_leads);
  if (!learned) {
    LearnedState kept = before;
    kept.problem = learned.error().message();
    return kept;
  }
  learned->learned_at = now;
  learned->took = clock.boot_now() - began;
  return *std::move(learned);
}

Result<LearnedState> Learning::try_learn(const LearnedState& before, WallTime now,
                                         const OnLeads& on_leads) {
  LearnedState state;
  FS_TRY(const auto subjects, read_subjects(now));
  FS_TRY(state.tags, parts_.tags.tags(subjects));
  FS_TRY(const auto scope, choose_series(state.tags, now));
  FS_TRY(state.leads, look_for_leads(scope, now));
  LearnedState early = before;
  early.tags = state.tags;
  early.leads = state.leads;
  FS_CHECK(parts_.tags.learn(subjects, scope.series, now));
  early.tag_proposals = state.tag_proposals = parts_.tags.proposals();
  on_leads(std::move(early));

  FS_CHECK(check_forecasts(scope.series, now));
  FS_CHECK(forecast(scope, state, now));
  add_priors(scope.series, state, now);
  FS_TRY(state.calendars, calendars_.run(state.forecasts, now));
  state.regressors = calendars_.regressors();
  FS_CHECK(anomalies_.run(scope.watched, state.forecasts, now));
  state.watched_for_anomalies = anomalies_.watched();
  state.settling_for_anomalies = anomalies_.settling();
  return state;
}

void Learning::put_busiest_first(std::vector<SeriesKey>& keys) const {
  std::map<Workload, double> cores;
  for (const auto& one : parts_.live.read()->workloads) cores[one.workload] = one.cpu_cores;
  std::ranges::stable_sort(keys, std::ranges::greater(), [&](const SeriesKey& key) {
    const auto found = cores.find(key.workload);
    return found == cores.end() ? 0 : found->second;
  });
}

Result<Learning::Scope> Learning::choose_series(const std::vector<Tag>& tags, WallTime now) {
  std::map<HostId, std::string> host_names;
  FS_TRY(const auto hosts, parts_.history.hosts());
  for (const auto& host : hosts) host_names[host.id] = host.name;

  Scope scope;
  FS_TRY(const auto keys, parts_.history.series_keys(now - std::chrono::minutes(5)));
  std::vector<SeriesKey> others;
  for (const auto& key : keys) {
    if (!is_learned(key.quantity)) continue;
    const bool concerned =
        parts_.deciding.concerns(key.workload, host_names[key.workload.host], tags);
    if (concerned) scope.concerned.insert(key);
    (concerned || key.workload.cgroup.empty() ? scope.watched : others).push_back(key);
  }
  const auto is_led = [](const SeriesKey& key) { return key.quantity == Quantity::cpu_usage; };
  std::ranges::copy_if(scope.watched, std::back_inserter(scope.led_loads), is_led);
  put_busiest_first(others);
  scope.watched.insert(scope.watched.end(), others.begin(), others.end());
  const auto count = std::min(scope.watched.size(), options_.max_series);
  scope.others.assign(scope.watched.begin() + static_cast<std::ptrdiff_t>(count),
                      scope.watched.end());
  scope.watched.resize(count);
  FS_TRY(scope.series, read_series(scope.watched, now));
  return scope;
}

std::vector<Series> Learning::choose_led(const Scope& scope) const {
  std::vector<Series> led;
  std::vector<std::pair<double, const Series*>> others;  // by their mean
  for (const auto& one : scope.series) {
    if (scope.concerned.contains(one.key)) {
      led.push_back(one);
    } else if (one.key.quantity == Quantity::cpu_usage && !one.key.workload.cgroup.empty()) {
      others.emplace_back(mean_of_known(one), &one);
    }
  }
  const auto count = std::min(options_.led_without_policy, others.size());
  std::ranges::partial_sort(others, others.begin() + static_cast<std::ptrdiff_t>(count),
                            std::ranges::greater(), [](const auto& other) { return other.first; });
  for (std::size_t i = 0; i < count; ++i) led.push_back(*others[i].second);
  return led;
}

Result<std::vector<LeadCommand>> Learning::look_for_leads(const Scope& scope, WallTime now) {
  const auto led = choose_led(scope);
  FS_TRY(const auto runs,
         parts_.history.signature_runs(now - options_.history, now, options_.leads.min_support));
  auto leads = keep_confirmed(find_leads(led, runs, options_.leads));
  FS_CHECK(learn_long_leads(scope.led_loads, now));
  for (const auto& lead : long_leads_) {
    const bool is_known =
        std::ranges::any_of(leads, [&](const auto& other) { return is_same(lead, other); });
    if (!is_known) leads.push_back(lead);
  }
  return leads;
}

Result<void> Learning::forecast(const Scope& scope, LearnedState& state, WallTime now) {
  FS_CHECK(models_.begin());
  for (const auto& one : scope.series) {
    FS_TRY(auto outcome, models_.forecast(one, now));
    if (auto* forecast = std::get_if<Forecast>(&outcome.forecast)) {
      forecast->made_at = now;
      check_.remember(*forecast, last_known(one));
    }
    state.forecasts.insert_or_assign(one.key, std::move(outcome.forecast));
    state.scores.insert_or_assign(one.key, std::move(outcome.scores));
  }
  FS_CHECK(models_.end(scope.series, now));
  FS_TRY(auto online, online_.run(scope.others, now));
  state.forecasts.merge(online.forecasts);
  return parts_.accuracy.add(online.scored);
}

/// What has too little of a past is told by what is like it; what has little says so.
void Learning::add_priors(const std::vector<Series>& series, LearnedState& state, WallTime now) {
  const auto points = static_cast<std::size_t>(options_.horizon / options_.step);
  for (const auto& one : series) {
    auto& answer = state.forecasts.at(one.key);
    if (auto* forecast = std::get_if<Forecast>(&answer)) {
      caution_short_history(one, options_.history, *forecast);
      continue;
    }
    const auto& not_yet = std::get<NotYet>(answer);
    const auto similar = find_similar(one.key, series, state.tags);
    auto prior = pooled_prior(one, similar.series, points);
    if (!prior) continue;
    prior->made_at = now;
    prior->caution = fmt::format("{}; from {} similar series, {}", not_yet.reason,
                                 similar.series.size(), similar.likeness);
    prior->ready_at = not_yet.ready_at;
    check_.remember(*prior, last_known(one));
    state.priors.insert_or_assign(one.key, *std::move(prior));
  }
}

Result<void> Learning::learn_long_leads(const std::vector<SeriesKey>& keys, WallTime now) {
  if (now - long_learned_at_ < options_.long_interval) return {};
  const WallTime to(now.time_since_epoch() / kLongStep * kLongStep);
  std::vector<Series> loads;
  std::size_t first_known = std::numeric_limits<std::size_t>::max();
  for (const auto& key : keys) {
    FS_TRY(auto load, parts_.history.series({key, to - options_.long_history, to, kLongStep}));
    const auto known =
        std::ranges::find_if(load.values, [](double value) { return value == value; });
    first_known = std::min(first_known, static_cast<std::size_t>(known - load.values.begin()));
    loads.push_back(std::move(load));
  }
  long_learned_at_ = now;
  long_leads_.clear();
  if (loads.empty() || first_known >= loads.front().values.size()) return {};
  for (auto& load : loads) {
    load.values.erase(load.values.begin(),
                      load.values.begin() + static_cast<std::ptrdiff_t>(first_known));
    load.start += kLongStep * static_cast<std::int64_t>(first_known);
  }
  if (loads.front().end() - loads.front().start < kLeastLongHistory) return {};
  FS_TRY(const auto runs, parts_.history.signature_runs(loads.front().start, now, 1));
  long_leads_ = find_long_leads(loads, runs, options_.long_leads);
  return {};
}

Result<void> Learning::check_forecasts(const std::vector<Series>& series, WallTime now) {
  std::vector<ScoredPoint> scored;
  for (const auto& one : series) {
    const auto points = check_.score(one);
    scored.insert(scored.end(), points.begin(), points.end());
  }
  models_.note(scored);
  FS_CHECK(parts_.accuracy.add(scored));
  return parts_.accuracy.forget_before(now - kAccuracyAge);
}

std::vector<LeadCommand> Learning::keep_confirmed(std::vector<LeadCommand> found) {
  std::vector<Confirmed> kept;
  for (const auto& lead : found) kept.push_back({lead, 0});
  for (auto& earlier : confirmed_) {
    const bool again =
        std::ranges::any_of(found, [&](const auto& lead) { return is_same(lead, earlier.lead); });
    if (again || ++earlier.rounds_ago > options_.keep_rounds) continue;
    found.push_back(earlier.lead);
    kept.push_back(std::move(earlier));
  }
  confirmed_ = std::move(kept);
  return found;
}

Result<std::vector<Series>> Learning::read_series(const std::vector<SeriesKey>& keys,
                                                  WallTime now) {
  // Whole steps, and not the one that is still filling up.
  const auto step = options_.step;
  const WallTime to(now.time_since_epoch() / step * step);
  std::vector<Series> all;
  for (const auto& key : keys) {
    FS_TRY(auto series, parts_.history.series({key, to - options_.history, to, step}));
    // A series that began within the window starts where its data starts.
    const auto first =
        std::ranges::find_if(series.values, [](double value) { return value == value; });
    const auto leading = first - series.values.begin();
    series.values.erase(series.values.begin(), first);
    series.start += step * leading;
    if (has_values(series)) all.push_back(std::move(series));
  }
  return all;
}

Result<std::vector<TaggedSubject>> Learning::read_subjects(WallTime now) {
  FS_TRY(const auto workloads, parts_.history.workloads(std::nullopt));
  std::map<Workload, TaggedSubject> ran;
  for (const auto& row : workloads) {
    if (row.last_seen >= now - std::chrono::minutes(5)) ran[row.workload].workload = row.workload;
  }
  ExecutionQuery query;
  query.from = now - std::chrono::minutes(10);
  query.limit = kExecutionsPerTagging;
  FS_TRY(const auto executions, parts_.history.executions(query));
  for (const auto& row : executions) {
    const auto it = ran.find(Workload{row.host, row.cgroup});
    if (it == ran.end()) continue;
    TaggedSubject& subject = it->second;
    if (!row.existing) ++subject.commands;
    if (!row.existing && !row.tty.empty()) ++subject.with_terminal;
    subject.signatures.push_back(row.signature);
  }
  std::vector<TaggedSubject> subjects;
  for (auto& [workload, subject] : ran) {
    auto& signatures = subject.signatures;
    std::ranges::sort(signatures);
    signatures.erase(std::unique(signatures.begin(), signatures.end()), signatures.end());
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

WatchList make_watch_list(const std::vector<LeadCommand>& leads, std::vector<SignatureRule> rules,
                          std::uint64_t version) {
  std::set<std::string> base_names;
  std::set<std::string> signatures;
  for (const auto& lead : leads) {
    if (!lead.is_urgent()) continue;
    base_names.insert(lead.base_names.begin(), lead.base_names.end());
    signatures.insert(lead.signature);
  }
  WatchList list;
  list.version = version;
  list.rules = std::move(rules);
  list.base_names.assign(base_names.begin(), base_names.end());
  list.signatures.assign(signatures.begin(), signatures.end());
  return list;
}

}  // namespace foreshock::coordinator

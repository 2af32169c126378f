// backtest: forecasts from many origins of recorded series, and how they came out where the record
// goes on.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <ctime>
#include <memory>
#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/text/csv.h"
#include "common/text/display.h"
#include "common/text/progress.h"
#include "coordinator/forecast/combination.h"
#include "coordinator/forecast/online_forecaster.h"
#include "coordinator/forecast/window.h"
#include "coordinator/offline/series_file.h"
#include "coordinator/offline/verb.h"

namespace foreshock::coordinator {

namespace {

constexpr const char* kCombination = "combination";
constexpr const char* kOnline = "online";

constexpr std::int64_t kMostPoints = 100'000;
constexpr std::int64_t kLongestStep = std::int64_t{7} * 86'400;

struct Options {
  std::string model = kCombination;
  std::string history;
  std::string tasks;
  std::string out;
  std::size_t jobs = 0;
  bool json = false;
};

struct Task {
  std::string id;
  std::string series;
  const FileSeries* history = nullptr;
  WallTime origin;
  std::chrono::seconds step{};
  std::size_t points = 0;
};

/// What came of one task.
struct Answer {
  ForecastOrReason forecast;
  double scale = 0;  ///< mean absolute change over a day, what errors are measured in
};

/// Over the points whose values are in the history.
struct Accuracy {
  std::size_t tasks = 0;
  double scaled_error = 0;
  double scaled_pinball = 0;
  double in80 = 0;
  double in95 = 0;
};

Result<std::vector<Task>> read_tasks(const std::string& path,
                                     const std::map<std::string, FileSeries>& history) {
  FS_TRY(auto csv, CsvReader::open(path));
  FS_TRY(const std::size_t id, csv.column("task_id"));
  FS_TRY(const std::size_t series, csv.column("series_id"));
  FS_TRY(const std::size_t origin, csv.column("origin_utc"));
  FS_TRY(const std::size_t step, csv.column("freq_s"));
  FS_TRY(const std::size_t points, csv.column("horizon"));
  std::vector<Task> tasks;
  while (true) {
    FS_TRY(const bool more, csv.read_row());
    if (!more) break;
    const auto found = history.find(std::string(csv.text(series)));
    if (found == history.end()) return csv.error(series, "a series of the history");
    FS_TRY(const WallTime at, csv.time(origin));
    FS_TRY(const std::int64_t step_s, csv.integer(step));
    FS_TRY(const std::int64_t count, csv.integer(points));
    if (step_s < 1 || step_s > kLongestStep)
      return csv.error(step, fmt::format("1 to {} seconds", kLongestStep));
    if (count < 1 || count > kMostPoints)
      return csv.error(points, fmt::format("1 to {} points", kMostPoints));
    tasks.push_back({.id = std::string(csv.text(id)),
                     .series = found->first,
                     .history = &found->second,
                     .origin = at,
                     .step = std::chrono::seconds(step_s),
                     .points = static_cast<std::size_t>(count)});
  }
  return tasks;
}

/// The history told value by value, as an agent's reports would.
ForecastOrReason forecast_online(const Series& series, std::size_t points) {
  OnlineForecaster online(series.step);
  for (std::size_t i = 0; i < series.values.size(); ++i)
    online.update(series.start + series.step * static_cast<std::int64_t>(i), series.values[i]);
  auto answer = online.forecast(series.key, points);
  // Steps of a file need not begin at whole multiples.
  if (auto* made = std::get_if<Forecast>(&answer)) made->start = series.end();
  return answer;
}

Answer answer(const Task& task, const std::string& model) {
  const Series series = make_series(*task.history, task.origin, task.step);
  if (series.values.empty())
    return {.forecast = NotYet{.reason = "no value before the origin", .ready_at = {}}};
  Answer made{.forecast = model == kOnline ? forecast_online(series, task.points)
                                           : Combination().forecast(series, task.points)};
  if (std::holds_alternative<Forecast>(made.forecast)) made.scale = make_window(series).noise;
  return made;
}

std::vector<Answer> answer_all(const std::vector<Task>& tasks, const std::string& model,
                               std::size_t jobs, Progress& progress) {
  std::vector<Answer> answers(tasks.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> done = 0;
  const auto work = [&](Progress* shown) {
    for (std::size_t i = next++; i < tasks.size(); i = next++) {
      answers[i] = answer(tasks[i], model);
      const std::size_t count = ++done;
      if (shown != nullptr) shown->set_done(count);
    }
  };
  std::vector<std::jthread> others;
  for (std::size_t k = 1; k < std::min(jobs, tasks.size()); ++k) others.emplace_back(work, nullptr);
  work(&progress);
  others.clear();
  return answers;
}

Result<void> write_forecasts(const std::string& path, const std::vector<Task>& tasks,
                             const std::vector<Answer>& answers) {
  FS_TRY(auto csv, CsvWriter::open(path, {"task_id", "series_id", "timestamp_utc", "mean", "q025",
                                          "q05", "q10", "q50", "q90", "q95", "q975"}));
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto* forecast = std::get_if<Forecast>(&answers[i].forecast);
    if (forecast == nullptr) continue;
    for (std::size_t h = 0; h < forecast->mean.size(); ++h) {
      csv.add(tasks[i].id).add(tasks[i].series);
      csv.add(tasks[i].origin + tasks[i].step * static_cast<std::int64_t>(h + 1));
      csv.add(forecast->mean[h]);
      for (const double quantile : forecast->quantiles[h]) csv.add(quantile);
      FS_CHECK(csv.end_row());
    }
  }
  return csv.close();
}

Accuracy measure(const std::vector<Task>& tasks, const std::vector<Answer>& answers) {
  Accuracy all;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto* forecast = std::get_if<Forecast>(&answers[i].forecast);
    if (forecast == nullptr) continue;
    Accuracy one;
    double points = 0;
    for (std::size_t h = 0; h < forecast->mean.size(); ++h) {
      const double came = value_at(
          *tasks[i].history, tasks[i].origin + tasks[i].step * static_cast<std::int64_t>(h + 1));
      if (!std::isfinite(came)) continue;
      const Quantiles& said = forecast->quantiles[h];
      one.scaled_error += std::abs(came - forecast->mean[h]) / answers[i].scale;
      one.scaled_pinball += 2 * pinball_loss(said, came) / answers[i].scale;
      one.in80 += came >= said[2] && came <= said[4] ? 1 : 0;
      one.in95 += came >= said[0] && came <= said[6] ? 1 : 0;
      ++points;
    }
    if (points == 0) continue;
    ++all.tasks;
    all.scaled_error += one.scaled_error / points;
    all.scaled_pinball += one.scaled_pinball / points;
    all.in80 += one.in80 / points;
    all.in95 += one.in95 / points;
  }
  const double tasks_scored = std::max(1.0, static_cast<double>(all.tasks));
  for (double* sum : {&all.scaled_error, &all.scaled_pinball, &all.in80, &all.in95})
    *sum /= tasks_scored;
  return all;
}

std::size_t count_answered(const std::vector<Answer>& answers) {
  std::size_t count = 0;
  for (const Answer& one : answers) count += std::holds_alternative<Forecast>(one.forecast) ? 1 : 0;
  return count;
}

std::string summary_json(std::size_t tasks, std::size_t answered, const Accuracy& accuracy,
                         double cpu_s) {
  nlohmann::ordered_json json = {{"tasks", tasks}, {"forecasts", answered}, {"cpu_s", cpu_s}};
  if (accuracy.tasks > 0) {
    json["accuracy"] = {{"tasks", accuracy.tasks},
                        {"mase", accuracy.scaled_error},
                        {"scaled_pinball", accuracy.scaled_pinball},
                        {"coverage80", accuracy.in80},
                        {"coverage95", accuracy.in95}};
  }
  return json.dump(2) + "\n";
}

std::string summary_text(std::size_t tasks, std::size_t answered, const Accuracy& accuracy,
                         double cpu_s) {
  std::string text = fmt::format("{} of {} tasks forecast, {:.3f} s of CPU each\n", answered, tasks,
                                 cpu_s / static_cast<double>(std::max<std::size_t>(1, tasks)));
  if (accuracy.tasks == 0) return text;
  return text + fmt::format(
                    "{} of them against what came: error {:.3f} and pinball loss {:.3f} times the "
                    "change over a day; {:.1f} % in the 80 % band, {:.1f} % in the 95 % band\n",
                    accuracy.tasks, accuracy.scaled_error, accuracy.scaled_pinball,
                    100 * accuracy.in80, 100 * accuracy.in95);
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

Result<void> run_backtest(const Options& options, const CliOutput& output) {
  const double began = cpu_seconds();
  FS_TRY(const auto history, read_series_file(options.history));
  FS_TRY(const auto tasks, read_tasks(options.tasks, history));
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::vector<Answer> answers;
  {
    Progress progress(output.err, output.style, "forecasting", tasks.size());
    answers = answer_all(tasks, options.model, options.jobs > 0 ? options.jobs : cores, progress);
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto* not_yet = std::get_if<NotYet>(&answers[i].forecast);
    if (not_yet == nullptr) continue;
    output.err << fmt::format("foreshock-coordinator: task {} is left out: {}\n",
                              make_printable(tasks[i].id), not_yet->reason);
  }
  FS_CHECK(write_forecasts(options.out, tasks, answers));
  const Accuracy accuracy = measure(tasks, answers);
  const double cpu_s = cpu_seconds() - began;
  if (options.out == "-" && !options.json) return {};
  output.out << (options.json ? summary_json : summary_text)(tasks.size(), count_answered(answers),
                                                             accuracy, cpu_s);
  return {};
}

}  // namespace

void add_backtest_verb(CLI::App& app, const OfflineVerbs& verbs) {
  const auto options = std::make_shared<Options>();
  CLI::App* verb =
      verbs.add(app, "backtest", "Forecast recorded series from past origins",
                [options, output = verbs.output] { return run_backtest(*options, output); });
  verb->add_option(
          "--history", options->history,
          "CSV with series_id, timestamp_utc, value; nothing after a task's origin is used "
          "for its forecast")
      ->required()
      ->type_name("FILE");
  verb->add_option("--tasks", options->tasks,
                   "CSV with task_id, series_id, origin_utc, freq_s, horizon (points)")
      ->required()
      ->type_name("FILE");
  verb->add_option("--out", options->out, "The forecasts, as CSV; \"-\" for standard output")
      ->required()
      ->type_name("FILE");
  verb->add_option("--model", options->model,
                   "combination: what serves what people and policies look at; online: what serves "
                   "the others")
      ->check(CLI::IsMember({kCombination, kOnline}))
      ->capture_default_str();
  verb->add_option("--jobs", options->jobs, "Threads (as many as there are cores)")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
  verb->add_flag("--json", options->json, "Print the summary as JSON");
}

}  // namespace foreshock::coordinator

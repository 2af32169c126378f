// forecast --csv: what a recorded series is going to do, with no service running.
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/config/toml_document.h"
#include "common/text/display.h"
#include "coordinator/calendar/effect.h"
#include "coordinator/cli/forecast_chart.h"
#include "coordinator/forecast/combination.h"
#include "coordinator/offline/event_files.h"
#include "coordinator/offline/series_file.h"
#include "coordinator/offline/verb.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;
constexpr std::int64_t kMostPoints = 100'000;
constexpr std::size_t kTableRows = 12;
constexpr std::size_t kChartHeight = 14;
constexpr std::size_t kChartWidth = 90;
constexpr std::size_t kScaleWidth = 16;

struct Options {
  std::string csv;
  std::string series;
  std::string horizon;
  std::string step;
  bool plot = false;
  EventSources events;
};

/// What is known from outside, and what it does to the series.
struct Known {
  std::vector<Regressor> regressors;
  RegressorEffects effects;
};

Result<const FileSeries*> choose(const std::map<std::string, FileSeries>& all,
                                 const Options& options) {
  if (all.empty()) return Error(ErrorCode::invalid_argument, options.csv + ": no rows");
  if (options.series.empty() && all.size() == 1) return &all.begin()->second;
  const auto found = all.find(options.series);
  if (found != all.end()) return &found->second;
  std::string names;
  for (const auto& [name, values] : all) names += (names.empty() ? "" : ", ") + name;
  return Error(
      ErrorCode::invalid_argument,
      options.series.empty()
          ? fmt::format("{}: several series, name one with --series: {}", options.csv, names)
          : fmt::format("{}: no series \"{}\", there are: {}", options.csv, options.series, names));
}

Result<std::chrono::nanoseconds> choose_step(const FileSeries& series, const Options& options) {
  if (!options.step.empty()) return parse_duration(options.step);
  if (series.size() < 2)
    return Error(ErrorCode::invalid_argument,
                 options.csv + ": one row says nothing of the distance of values; give --step");
  return usual_step(series);
}

std::string format_value(double value) {
  return fmt::format("{:.4g}", value);
}

std::string plot(const Series& history, const Forecast& forecast, const CliOutput& output) {
  std::vector<ChartPoint> points;
  const std::size_t before = std::min(history.values.size(), 2 * forecast.mean.size());
  for (std::size_t i = history.values.size() - before; i < history.values.size(); ++i) {
    ChartPoint point;
    if (std::isfinite(history.values[i])) point.actual = history.values[i];
    points.push_back(point);
  }
  for (std::size_t h = 0; h < forecast.mean.size(); ++h) {
    const Quantiles& q = forecast.quantiles[h];
    points.push_back({.actual = {}, .band = ChartPoint::Band{q[0], q[2], q[3], q[4], q[6]}});
  }
  const std::size_t wide = output.style.width.value_or(kChartWidth + kScaleWidth);
  const std::size_t width = std::min(kChartWidth, wide > kScaleWidth ? wide - kScaleWidth : 10);
  return draw_chart(points, width, kChartHeight, format_value) + "\n";
}

std::string table_of(const Forecast& forecast, const TextStyle& style) {
  TextTable table({{"TIME (UTC)"},
                   {"MEDIAN", kRight},
                   {"10 %", kRight},
                   {"90 %", kRight},
                   {"2.5 %", kRight},
                   {"97.5 %", kRight}});
  const std::size_t rows = std::min(kTableRows, forecast.mean.size());
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t h = row * forecast.mean.size() / rows;
    const Quantiles& q = forecast.quantiles[h];
    table.add_row({format_utc(forecast.start + forecast.step * static_cast<std::int64_t>(h)),
                   format_value(q[3]), format_value(q[2]), format_value(q[4]), format_value(q[0]),
                   format_value(q[6])});
  }
  return table.render(style);
}

std::string table_of(const std::vector<ModelScore>& scores, const TextStyle& style) {
  TextTable table(
      {{"MODEL"}, {"SHARE", kRight}, {"PINBALL LOSS", kRight}, {"IN THE 80 % BAND", kRight}});
  for (const ModelScore& score : scores) {
    table.add_row({score.model, fmt::format("{:.0f} %", 100 * score.weight),
                   format_value(score.pinball), fmt::format("{:.0f} %", 100 * score.coverage80)});
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string_view name_of_day(std::size_t day) {
  constexpr std::array<std::string_view, 7> kNames = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                      "Friday", "Saturday", "Sunday"};
  return kNames.at(day);
}

std::string describe(const RegressorEffect& effect) {
  if (!effect.helps()) return "not used: knowing it would not have helped";
  if (effect.like_day) return fmt::format("its days are like a {}", name_of_day(*effect.like_day));
  return fmt::format("{:+.4g} for each", effect.per_unit);
}

std::string table_of(const Known& known, const TextStyle& style) {
  TextTable table({{"KNOWN AHEAD"}, {"EVENTS", kRight}, {"LESS ERROR", kRight}, {"EFFECT"}});
  for (const auto& [name, effect] : known.effects) {
    table.add_row({name, fmt::format("{}", effect.events),
                   effect.events == 0 ? "-" : fmt::format("{:.0f} %", 100 * effect.usefulness),
                   describe(effect)});
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string to_json(const Combination::Trained& outcome, const Forecast& forecast,
                    const Known& known) {
  nlohmann::ordered_json json = {{"model", forecast.model}};
  for (std::size_t h = 0; h < forecast.mean.size(); ++h) {
    const Quantiles& q = forecast.quantiles[h];
    json["points"].push_back(
        {{"time", format_utc(forecast.start + forecast.step * static_cast<std::int64_t>(h))},
         {"mean", forecast.mean[h]},
         {"q025", q[0]},
         {"q05", q[1]},
         {"q10", q[2]},
         {"q50", q[3]},
         {"q90", q[4]},
         {"q95", q[5]},
         {"q975", q[6]}});
  }
  for (const ModelScore& score : outcome.scores) {
    json["scores"].push_back({{"model", score.model},
                              {"weight", score.weight},
                              {"pinball", score.pinball},
                              {"coverage80", score.coverage80},
                              {"points", score.points}});
  }
  for (const auto& [name, effect] : known.effects) {
    nlohmann::ordered_json one = {{"name", name},
                                  {"events", effect.events},
                                  {"usefulness", effect.usefulness},
                                  {"used", effect.helps()}};
    if (effect.like_day)
      one["like_day"] = name_of_day(*effect.like_day);
    else
      one["per_unit"] = effect.per_unit;
    json["known_ahead"].push_back(std::move(one));
  }
  return json.dump(2) + "\n";
}

Result<Known> find_known(const EventSources& sources, const Series& series,
                         std::chrono::nanoseconds horizon) {
  Known known;
  if (sources.files.empty() && sources.countries.empty()) return known;
  if (series.step > std::chrono::hours(1))
    return Error(ErrorCode::invalid_argument,
                 fmt::format("--events, --holidays: work by the hour, and values are {} apart",
                             format_duration(series.step)));
  FS_TRY(known.regressors, read_event_sources(sources, {series.start, series.end() + horizon}));
  known.effects = measure_effects(series, known.regressors);
  return known;
}

Result<void> forecast_file(const Options& options, bool json, const CliOutput& output) {
  FS_TRY(const auto all, read_series_file(options.csv));
  FS_TRY(const FileSeries* values, choose(all, options));
  FS_TRY(const auto step, choose_step(*values, options));
  FS_TRY(const auto horizon, parse_duration(options.horizon));
  if (step.count() <= 0 || horizon < step || horizon / step > kMostPoints)
    return Error(ErrorCode::invalid_argument,
                 fmt::format("--horizon {}: 1 to {} steps of {}", options.horizon, kMostPoints,
                             format_duration(step)));
  // A value stands for the time of its row, so the first point ahead is one step after the last.
  const Series series = make_series(*values, values->back().time, step);
  FS_TRY(const auto known, find_known(options.events, series, horizon));
  Series usual = series;
  remove_effects(usual, known.regressors, known.effects);
  auto outcome = Combination().train(usual, static_cast<std::size_t>(horizon / step));
  if (const auto* not_yet = std::get_if<NotYet>(&outcome.forecast))
    return Error(ErrorCode::invalid_argument, options.csv + ": no forecast: " + not_yet->reason);
  auto& forecast = std::get<Forecast>(outcome.forecast);
  apply_effects(forecast, known.regressors, known.effects, ForecastBase::without_effects);
  if (json) {
    output.out << to_json(outcome, forecast, known);
    return {};
  }
  if (options.plot) output.out << plot(series, forecast, output);
  output.out << table_of(forecast, output.style) << table_of(outcome.scores, output.style)
             << table_of(known, output.style);
  return {};
}

/// The live verb's, where it has one.
const CLI::Option* shared_option(CLI::App& verb, const std::string& name, const std::string& help) {
  if (const auto* option = verb.get_option_no_throw(name)) return option;
  return verb.add_option(name)->description(help)->type_name("DURATION");
}

}  // namespace

void add_forecast_file(CLI::App& app, const OfflineVerbs& verbs) {
  CLI::App& verb = OfflineVerbs::group(app, "forecast", "What a series is expected to do");
  verb.require_subcommand(0);
  if (verb.get_option_no_throw("--json") == nullptr)
    verb.add_flag("--json")->description("Print JSON");
  const auto options = std::make_shared<Options>();
  CLI::Option* csv =
      verb.add_option("--csv", options->csv,
                      "Forecast this file instead: columns timestamp, value, series_id where it "
                      "holds several; \"-\" is standard input")
          ->type_name("FILE");
  verb.add_option("--series", options->series, "With --csv: which series of the file")
      ->needs(csv)
      ->type_name("ID");
  const CLI::Option* horizon = shared_option(verb, "--horizon", "How far ahead (24h)");
  const CLI::Option* step =
      shared_option(verb, "--step", "Distance of values (that which is commonest in the file)");
  verb.add_option("--events", options->events.files,
                  "With --csv: campaigns known ahead, a CSV with columns start, end (UTC) and, if "
                  "wanted, name, weight; used where knowing them would have helped")
      ->needs(csv)
      ->type_name("FILE");
  verb.add_option("--holidays", options->events.countries,
                  "With --csv: public holidays of a country, like DE; used where they help")
      ->needs(csv)
      ->type_name("COUNTRY");
  verb.add_flag("--plot", options->plot, "With --csv: draw it")->needs(csv);
  verb.parse_complete_callback([&verb, csv, horizon, step, options, verbs] {
    if (csv->count() == 0) return;
    options->horizon = horizon->count() > 0 ? horizon->as<std::string>() : "24h";
    options->step = step->count() > 0 ? step->as<std::string>() : "";
    const bool json = verb.get_option("--json")->count() > 0;
    verbs.finish(forecast_file(*options, json, verbs.output));
  });
}

}  // namespace foreshock::coordinator

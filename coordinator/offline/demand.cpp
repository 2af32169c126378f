// demand backtest: how well what commands will need is predicted, on recorded ones.
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/signature/signature.h"
#include "common/text/csv.h"
#include "common/text/progress.h"
#include "coordinator/demand/demand_backtest.h"
#include "coordinator/offline/verb.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

struct BacktestOptions {
  std::string records;
  bool json = false;
};

/// time,command,uid,input_files,input_bytes,largest_input_bytes,concurrency,cpu_s,peak_rss_bytes,
/// duration_s,io_bytes; empty input columns: nobody looked.
class RecordReader {
 public:
  static Result<std::vector<DemandRecord>> read(const std::string& path) {
    FS_TRY(auto csv, CsvReader::open(path));
    RecordReader reader(csv);
    std::vector<DemandRecord> records;
    while (true) {
      FS_TRY(const bool more, csv.read_row());
      if (!more) break;
      FS_TRY(auto record, reader.read_record());
      if (!records.empty() && record.question.time < records.back().question.time)
        return csv.error("rows must be in order of time");
      records.push_back(std::move(record));
    }
    if (records.size() < 10) return csv.error("fewer than 10 records: nothing can be tested");
    return records;
  }

 private:
  explicit RecordReader(CsvReader& csv) : csv_(csv) {}

  Result<std::uint64_t> count(const char* name) {
    FS_TRY(const auto column, csv_.column(name));
    FS_TRY(const auto number, csv_.integer(column));
    if (number < 0) return csv_.error(column, "a number of 0 or more");
    return static_cast<std::uint64_t>(number);
  }
  Result<std::optional<std::uint64_t>> optional_count(const char* name) {
    FS_TRY(const auto column, csv_.column(name));
    if (csv_.text(column).empty()) return std::optional<std::uint64_t>();
    FS_TRY(const auto number, count(name));
    return std::optional<std::uint64_t>(number);
  }

  Result<DemandRecord> read_record() {
    DemandRecord record;
    auto& question = record.question;
    FS_TRY(const auto time, csv_.column("time"));
    FS_TRY(question.time, csv_.time(time));
    FS_TRY(const auto command, csv_.column("command"));
    question.argv = split_command_line(csv_.text(command));
    if (question.argv.empty()) return csv_.error(command, "a command line");
    question.signature = normalise({question.argv.begin(), question.argv.end()}, "").text;
    FS_TRY(const auto uid, count("uid"));
    question.uid = static_cast<std::uint32_t>(uid);
    FS_TRY(const auto files, optional_count("input_files"));
    if (files) question.input_files = static_cast<std::uint32_t>(*files);
    FS_TRY(question.input_bytes, optional_count("input_bytes"));
    FS_TRY(question.largest_input_bytes, optional_count("largest_input_bytes"));
    FS_TRY(const auto concurrency, count("concurrency"));
    question.concurrency = static_cast<std::uint32_t>(concurrency);
    for (const auto target : kDemandTargets) {
      FS_TRY(const auto column, csv_.column(to_string(target)));
      FS_TRY(const auto used, csv_.number(column));
      if (used < 0) return csv_.error(column, "a number of 0 or more");
      record.used[static_cast<std::size_t>(target)] = used;
    }
    return record;
  }

  CsvReader& csv_;
};

double gain(double model, double history) {
  return history > 0 ? 1 - model / history : 0;
}

nlohmann::ordered_json as_json(std::size_t records,
                               const std::array<DemandScore, kDemandTargets.size()>& scores) {
  nlohmann::ordered_json json;
  json["records"] = records;
  for (const auto target : kDemandTargets) {
    const auto& score = scores[static_cast<std::size_t>(target)];
    json["targets"][std::string(to_string(target))] = {
        {"predictions", score.predictions},
        {"pinball", score.model_pinball},
        {"history_pinball", score.history_pinball},
        {"gain", gain(score.model_pinball, score.history_pinball)},
        {"log_pinball", score.model_log_pinball},
        {"history_log_pinball", score.history_log_pinball},
        {"log_gain", gain(score.model_log_pinball, score.history_log_pinball)},
        {"coverage_90", score.coverage90},
        {"history_coverage_90", score.history_coverage90},
        {"by_forest", score.by_forest}};
  }
  return json;
}

std::string as_text(const std::array<DemandScore, kDemandTargets.size()>& scores,
                    const TextStyle& style) {
  TextTable table({{"TARGET"},
                   {"PREDICTED", kRight},
                   {"PINBALL", kRight},
                   {"OF HISTORY", kRight},
                   {"BETTER", kRight},
                   {"IN LOGARITHMS", kRight},
                   {"90 % COVER", kRight},
                   {"HISTORY'S", kRight},
                   {"BY FOREST", kRight}});
  for (const auto target : kDemandTargets) {
    const auto& score = scores[static_cast<std::size_t>(target)];
    table.add_row(
        {std::string(to_string(target)), std::to_string(score.predictions),
         fmt::format("{:.4g}", score.model_pinball), fmt::format("{:.4g}", score.history_pinball),
         fmt::format("{:.1f} %", 100 * gain(score.model_pinball, score.history_pinball)),
         fmt::format("{:.1f} %", 100 * gain(score.model_log_pinball, score.history_log_pinball)),
         fmt::format("{:.1f} %", 100 * score.coverage90),
         fmt::format("{:.1f} %", 100 * score.history_coverage90),
         fmt::format("{:.0f} %", 100 * score.by_forest)});
  }
  return table.render(style);
}

Result<void> backtest(const BacktestOptions& options, const CliOutput& output) {
  FS_TRY(const auto records, RecordReader::read(options.records));
  Progress progress(output.err, output.style, "predicting", 1000);
  const auto scores = backtest_demand(records, {}, [&](double share) {
    progress.set_done(static_cast<std::size_t>(share * 1000));
  });
  if (options.json) {
    output.out << as_json(records.size(), scores).dump(2) << "\n";
  } else {
    output.out << as_text(scores, output.style);
  }
  return {};
}

}  // namespace

void add_demand_verbs(CLI::App& app, const OfflineVerbs& verbs) {
  const auto options = std::make_shared<BacktestOptions>();
  CLI::App& group = OfflineVerbs::group(app, "demand", "What a command will need");
  CLI::App* verb = verbs.add(
      group, "backtest", "Predict recorded commands in order of time, beside what they used",
      [options, output = verbs.output] { return backtest(*options, output); });
  verb->add_option("--records", options->records,
                   "CSV: time, command, uid, input_files, input_bytes, largest_input_bytes, "
                   "concurrency, cpu_s, peak_rss_bytes, duration_s, io_bytes")
      ->required()
      ->type_name("FILE");
  verb->add_flag("--json", options->json, "As JSON");
}

}  // namespace foreshock::coordinator

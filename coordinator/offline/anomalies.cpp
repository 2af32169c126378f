// anomalies score: how unusual each row of a file is, from it and the rows before.
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/text/csv.h"
#include "common/text/display.h"
#include "common/text/progress.h"
#include "common/text/text_table.h"
#include "coordinator/anomaly/verdict.h"
#include "coordinator/offline/verb.h"

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMostListed = 1000;  // the file of scores has them all
constexpr std::size_t kRowsBetweenProgress = 1024;

struct Options {
  std::string in;
  std::string out;
  double threshold = .5;
  bool json = false;
};

struct Found {
  std::string timestamp;
  double value = 0;
  Verdict verdict;
};

struct Summary {
  std::size_t rows = 0;
  std::size_t missing = 0;
  std::size_t backwards = 0;  ///< rows whose time is before the one above
  std::size_t anomalies = 0;
  std::vector<Found> found;  ///< the first kMostListed
};

void note(Summary& summary, const Options& options, const CsvReader& csv, std::size_t timestamp,
          double value, Verdict verdict) {
  ++summary.rows;
  if (!std::isfinite(value)) ++summary.missing;
  if (verdict.score < options.threshold || verdict.score <= 0) return;
  ++summary.anomalies;
  if (summary.found.size() < kMostListed) {
    summary.found.push_back({std::string(csv.text(timestamp)), value, std::move(verdict)});
  }
}

Result<Summary> score_file(const Options& options, const CliOutput& output) {
  FS_TRY(auto csv, CsvReader::open(options.in));
  FS_TRY(const std::size_t timestamp, csv.column("timestamp"));
  FS_TRY(const std::size_t value_column, csv.column("value"));
  std::optional<CsvWriter> writer;
  if (!options.out.empty()) {
    FS_TRY(auto opened, CsvWriter::open(options.out, {"timestamp", "value", "anomaly_score"}));
    writer.emplace(std::move(opened));
  }
  Progress progress(output.err, output.style, "scoring", 0);
  SeriesWatch watch;
  Summary summary;
  std::optional<WallTime> before;
  while (true) {
    FS_TRY(const bool more, csv.read_row());
    if (!more) break;
    FS_TRY(const WallTime time, csv.time(timestamp));
    double value = std::numeric_limits<double>::quiet_NaN();
    if (!csv.text(value_column).empty()) {
      FS_TRY(value, csv.number(value_column));
    }
    if (before && time < *before) ++summary.backwards;
    before = time;
    Verdict verdict = watch.observe(time, value);
    if (writer) {
      writer->add(csv.text(timestamp)).add(csv.text(value_column)).add(verdict.score);
      FS_CHECK(writer->end_row());
    }
    note(summary, options, csv, timestamp, value, std::move(verdict));
    if (summary.rows % kRowsBetweenProgress == 0) progress.set_done(summary.rows);
  }
  if (writer) FS_CHECK(writer->close());
  return summary;
}

std::string describe_json(const Summary& summary, const Options& options) {
  nlohmann::json found = nlohmann::json::array();
  for (const Found& one : summary.found) {
    found.push_back({{"timestamp", one.timestamp},
                     {"value", one.value},
                     {"score", one.verdict.score},
                     {"detector", one.verdict.detector},
                     {"agreeing", one.verdict.agreeing},
                     {"reason", one.verdict.reason}});
  }
  const nlohmann::json reply = {{"rows", summary.rows},           {"missing", summary.missing},
                                {"backwards", summary.backwards}, {"threshold", options.threshold},
                                {"anomalies", summary.anomalies}, {"found", std::move(found)}};
  return reply.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string describe(const Summary& summary, const CliOutput& output) {
  constexpr auto kRight = TextColumn::Align::right;
  TextTable table({{"WHEN"}, {"VALUE", kRight}, {"SCORE", kRight}, {"AGREE", kRight}, {"WHY"}});
  for (const Found& one : summary.found) {
    table.add_row({make_printable(one.timestamp), fmt::format("{:.4g}", one.value),
                   fmt::format("{:.2f}", one.verdict.score), std::to_string(one.verdict.agreeing),
                   one.verdict.reason});
  }
  std::string text = summary.found.empty() ? "" : table.render(output.style);
  if (summary.anomalies > summary.found.size()) {
    text += fmt::format("... and {} more\n", summary.anomalies - summary.found.size());
  }
  text += fmt::format("{} rows, {} anomalies", summary.rows, summary.anomalies);
  if (summary.missing > 0) text += fmt::format(", {} without a value", summary.missing);
  if (summary.backwards > 0) text += fmt::format(", {} go back in time", summary.backwards);
  return text + "\n";
}

Result<void> score(const Options& options, const CliOutput& output) {
  FS_TRY(const Summary summary, score_file(options, output));
  if (options.json) {
    output.out << describe_json(summary, options);
  } else if (options.out.empty()) {
    output.out << describe(summary, output);
  }
  return {};
}

}  // namespace

void add_anomaly_verbs(CLI::App& app, const OfflineVerbs& verbs) {
  auto options = std::make_shared<Options>();
  CLI::App& group = OfflineVerbs::group(app, "anomalies", "What is unusual");
  CLI::App* verb = verbs.add(group, "score", "How unusual each row of a file is",
                             [options, output = verbs.output] { return score(*options, output); });
  verb->add_option("--in", options->in, "CSV with the columns timestamp,value; - is standard input")
      ->required();
  verb->add_option("--out", options->out,
                   "CSV to write: timestamp,value,anomaly_score, one row a row; without it the "
                   "anomalies are listed");
  verb->add_option("--threshold", options->threshold, "What counts as an anomaly in the list")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  verb->add_flag("--json", options->json, "A summary for programs, on standard output");
}

}  // namespace foreshock::coordinator

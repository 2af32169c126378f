// leads learn: which commands foretell load, from a recorded stream, and forecasts with them.
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/unique_fd.h"
#include "common/text/csv.h"
#include "common/text/progress.h"
#include "coordinator/lead/lead_learner.h"
#include "coordinator/offline/learned_leads.h"
#include "coordinator/offline/verb.h"

namespace foreshock::coordinator {

namespace {

constexpr std::string_view kLoadPrefix = "cpu:";

struct LearnOptions {
  std::string stream;
  std::string leads;
  std::string forecasts;
  std::string save;
  bool json = false;
};

/// The columns of the stream, by their places.
struct StreamColumns {
  static Result<StreamColumns> find(const CsvReader& csv) {
    StreamColumns columns;
    const std::array<std::pair<std::string_view, std::size_t*>, 11> all{
        {{"arrival_utc", &columns.arrival},
         {"kind", &columns.kind},
         {"host", &columns.host},
         {"user", &columns.user},
         {"timestamp_utc", &columns.timestamp},
         {"command", &columns.command},
         {"args", &columns.args},
         {"series_id", &columns.series},
         {"value", &columns.value},
         {"task_id", &columns.task},
         {"horizon", &columns.horizon}}};
    for (const auto& [name, place] : all) {
      FS_TRY(*place, csv.column(name));
    }
    return columns;
  }

  std::size_t arrival = 0, kind = 0, host = 0, user = 0, timestamp = 0, command = 0, args = 0,
              series = 0, value = 0, task = 0, horizon = 0;
};

/// Reads the stream top to bottom, once.
class StreamReading {
 public:
  StreamReading(CsvReader csv, StreamColumns columns, std::optional<CsvWriter> forecasts,
                const CliOutput& output)
      : csv_(std::move(csv)),
        columns_(columns),
        forecasts_(std::move(forecasts)),
        learner_({}),
        progress_(output.err, read_text_style(STDERR_FILENO), "rows read", 0) {}

  Result<void> run() {
    while (true) {
      FS_TRY(const bool more, csv_.read_row());
      if (!more) break;
      FS_CHECK(take_row());
      progress_.set_done(++rows_);
    }
    if (forecasts_) return forecasts_->close();
    return {};
  }

  LeadLearner& learner() { return learner_; }
  WallTime last() const { return last_; }

 private:
  Result<void> take_row() {
    const std::string_view kind = csv_.text(columns_.kind);
    FS_TRY(const WallTime at, csv_.time(columns_.timestamp));
    if (kind == "event") {
      FS_TRY(const WallTime arrival, csv_.time(columns_.arrival));
      learner_.stream().add_event({csv_.text(columns_.host), csv_.text(columns_.user), arrival, at,
                                   csv_.text(columns_.command), csv_.text(columns_.args)});
      return {};
    }
    if (kind != "load" && kind != "ask") return csv_.error(columns_.kind, "event, load or ask");
    FS_TRY(const std::string_view host, host_of_row());
    last_ = at;
    if (kind == "ask") return answer(host, at);
    FS_TRY(const double value, csv_.number(columns_.value));
    learner_.stream().add_load(host, at, value);
    return {};
  }

  Result<std::string_view> host_of_row() const {
    const std::string_view series = csv_.text(columns_.series);
    if (!series.starts_with(kLoadPrefix) || series.size() == kLoadPrefix.size())
      return csv_.error(columns_.series, "cpu:HOST");
    return series.substr(kLoadPrefix.size());
  }

  Result<void> answer(std::string_view host, WallTime origin) {
    // Whole, but often written as 120.0.
    FS_TRY(const double horizon, csv_.number(columns_.horizon));
    if (!(horizon >= 1 && horizon <= 100'000) || horizon != std::floor(horizon))
      return csv_.error(columns_.horizon, "1 to 100000 whole minutes");
    if (!forecasts_) return {};
    const auto forecast = learner_.forecast(host, origin, static_cast<std::size_t>(horizon));
    if (!forecast) return csv_.error("asked for a host of which no load was seen");
    WallTime time = origin;
    for (const LoadQuantiles& step : *forecast) {
      time += std::chrono::minutes(1);
      forecasts_->add(csv_.text(columns_.task))
          .add(csv_.text(columns_.series))
          .add(time)
          .add(step.mean);
      for (const double quantile : step.quantiles) forecasts_->add(quantile);
      FS_CHECK(forecasts_->end_row());
    }
    return {};
  }

  CsvReader csv_;
  StreamColumns columns_;
  std::optional<CsvWriter> forecasts_;
  LeadLearner learner_;
  WallTime last_;
  Progress progress_;
  std::size_t rows_ = 0;
};

Result<void> write_text(const std::string& path, std::string_view text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) return error_from_errno("write " + path);
  return write_all(file.get(), as_bytes(text));
}

Result<void> learn(const LearnOptions& options, const CliOutput& output) {
  FS_TRY(auto csv, CsvReader::open(options.stream));
  FS_TRY(const auto columns, StreamColumns::find(csv));
  std::optional<CsvWriter> forecasts;
  if (!options.forecasts.empty()) {
    FS_TRY(forecasts,
           CsvWriter::open(options.forecasts, {"task_id", "series_id", "timestamp_utc", "mean",
                                               "q05", "q10", "q50", "q90", "q95"}));
  }
  StreamReading reading(std::move(csv), columns, std::move(forecasts), output);
  FS_CHECK(reading.run());
  const LeadKnowledge& knowledge = reading.learner().learn(reading.last());
  const LearnedLeads learned{knowledge, reading.learner().stream()};
  if (!options.leads.empty()) FS_CHECK(write_leads_csv(options.leads, learned));
  if (!options.save.empty()) FS_CHECK(write_text(options.save, leads_json(learned)));
  output.out << (options.json ? leads_json(learned) : leads_table(learned, output.style));
  return {};
}

}  // namespace

void add_lead_verbs(CLI::App& app, const OfflineVerbs& verbs) {
  CLI::App& group = OfflineVerbs::group(app, "leads", "Lead commands");
  const auto options = std::make_shared<LearnOptions>();
  CLI::App* verb =
      verbs.add(group, "learn", "Find lead commands in a recorded stream, and forecast with them",
                [options, output = verbs.output] { return learn(*options, output); });
  verb->add_option("--stream", options->stream,
                   "CSV of commands, loads and forecasts asked for, in the order of arrival; \"-\" "
                   "is standard input")
      ->required()
      ->type_name("FILE");
  verb->add_option("--leads", options->leads, "Write the leads as CSV")->type_name("FILE");
  verb->add_option("--forecasts", options->forecasts, "Write the forecasts asked for as CSV")
      ->type_name("FILE");
  verb->add_option("--save", options->save, "Write the leads for \"leads show --learned\"")
      ->type_name("FILE");
  verb->add_flag("--json", options->json, "Print the leads as JSON");
}

}  // namespace foreshock::coordinator

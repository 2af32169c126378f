#include "coordinator/offline/offline_verbs.h"

#include <ostream>
#include <utility>

#include <CLI/CLI.hpp>

#include "common/text/display.h"
#include "coordinator/offline/verb.h"

namespace foreshock::coordinator {

CLI::App* OfflineVerbs::add(CLI::App& parent, const std::string& name, const std::string& help,
                            std::function<Result<void>()> run) const {
  CLI::App* verb = parent.add_subcommand(name, help);
  verb->callback([run = std::move(run), verbs = *this] { verbs.finish(run()); });
  return verb;
}

void OfflineVerbs::finish(const Result<void>& done) const {
  output.out.flush();
  if (done) return;
  output.err << "foreshock-coordinator: " << make_printable(done.error().message()) << "\n";
  exit_status = ExitStatus::failure;
}

CLI::App& OfflineVerbs::group(CLI::App& app, const std::string& name, const std::string& help) {
  const auto there =
      app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == name; });
  if (!there.empty()) return *there.front();
  CLI::App* made = app.add_subcommand(name, help);
  made->require_subcommand(1);
  return *made;
}

std::vector<VerbGroup> offline_verbs(const CliOutput& output, ExitStatus& exit_status,
                                     ReadSignatureRules read_signature_rules) {
  const auto group = [verbs = OfflineVerbs{output, exit_status, std::move(read_signature_rules)}](
                         std::string_view name,
                         void (*add)(CLI::App & app, const OfflineVerbs& verbs)) -> VerbGroup {
    return {{name}, [verbs, add](CLI::App& app) { add(app, verbs); }};
  };
  return {
      group("backtest", add_backtest_verb),  group("forecast", add_forecast_file),
      group("demand", add_demand_verbs),     group("signature", add_signature_verbs),
      group("anomalies", add_anomaly_verbs), group("sequence", add_sequence_verbs),
      group("leads", add_lead_verbs),
  };
}

}  // namespace foreshock::coordinator

#pragma once

#include <functional>
#include <string>

#include "common/base/result.h"
#include "coordinator/cli/live_verbs.h"
#include "coordinator/offline/offline_verbs.h"

// Inside coordinator/offline only: what each file of verbs is given.
namespace foreshock::coordinator {

struct OfflineVerbs {
  CliOutput output;
  ExitStatus& exit_status;
  ReadSignatureRules read_signature_rules;

  /// A verb that does its work by `run` once its options are parsed; an error is printed and is the
  /// exit status `failure`.
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& help,
                std::function<Result<void>()> run) const;
  /// Prints an error and keeps the exit status.
  void finish(const Result<void>& done) const;
  /// The verb that others hang below ("leads" in "leads learn"), made where no live verb has it.
  static CLI::App& group(CLI::App& app, const std::string& name, const std::string& help);
};

// One function a file, in the order of --help.
void add_backtest_verb(CLI::App& app, const OfflineVerbs& verbs);
/// Options of the live verb `forecast` that have it forecast a file instead.
void add_forecast_file(CLI::App& app, const OfflineVerbs& verbs);
void add_demand_verbs(CLI::App& app, const OfflineVerbs& verbs);
void add_signature_verbs(CLI::App& app, const OfflineVerbs& verbs);
void add_anomaly_verbs(CLI::App& app, const OfflineVerbs& verbs);
void add_sequence_verbs(CLI::App& app, const OfflineVerbs& verbs);
void add_lead_verbs(CLI::App& app, const OfflineVerbs& verbs);

}  // namespace foreshock::coordinator

#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "coordinator/demand/argument_features.h"
#include "coordinator/forest/quantile_forest.h"
#include "coordinator/model/demand.h"

namespace foreshock::coordinator {

/// What commands like it have used: the quantiles of its signature, of its program where the
/// signature is new, of all commands where the program is.
class EmpiricalDemand {
 public:
  explicit EmpiricalDemand(const std::vector<DemandRecord>& records);
  DemandPrediction predict(const DemandQuestion& question, DemandTarget target) const;
  /// The same as an interval for what comes next: of few values the outermost are no bounds.
  DemandPrediction predict_widely(const DemandQuestion& question, DemandTarget target) const;
  bool knows_program_of(const std::string& signature) const;

 private:
  using Widen = Quantiles (*)(std::span<const double> sorted, DemandTarget target);
  DemandPrediction predict_by(const DemandQuestion& question, DemandTarget target,
                              Widen quantiles) const;
  using Samples = std::array<std::vector<double>, kDemandTargets.size()>;
  static void add(Samples& samples, const DemandRecord& record);

  std::map<std::string, Samples, std::less<>> by_signature_;
  std::map<std::string, Samples, std::less<>> by_program_;
  Samples all_;
};

/// Predicts what a command will use, at its exec. For each program and target the better one
/// serves: a quantile forest on argument features, sizes of inputs, what the binary is like, user,
/// hour, concurrency and the signature's history, or the empirical quantiles; by the pinball loss
/// on the newest fifth of the records, which neither has seen then. A program that never ran is
/// predicted by a forest over all of them, if one over half of the programs was better for the
/// other half than their quantiles. Immutable; any thread.
class DemandModel {
 public:
  struct Options {
    std::size_t min_records = 40;     ///< of a program, for a forest
    std::size_t most_records = 2000;  ///< of a program: its newest
    QuantileForest::Options forest;
  };

  /// `records` in order of time.
  static DemandModel fit(std::vector<DemandRecord> records, const Options& options);

  DemandPrediction predict(const DemandQuestion& question, DemandTarget target) const;
  std::size_t records() const { return records_; }

 private:
  struct Program;
  static std::shared_ptr<const Program> fit_program(std::span<const DemandRecord> all,
                                                    const Options& options);
  /// Null: too few programs.
  static std::shared_ptr<const Program> fit_unknown_programs(
      const std::vector<DemandRecord>& records, const Options& options);
  explicit DemandModel(EmpiricalDemand empirical) : empirical_(std::move(empirical)) {}

  EmpiricalDemand empirical_;
  std::map<std::string, std::shared_ptr<const Program>, std::less<>> programs_;
  std::shared_ptr<const Program> unknown_programs_;
  std::size_t records_ = 0;
};

/// The signature's first word: "gcc", "python3".
std::string program_of(const std::string& signature);

}  // namespace foreshock::coordinator

#include "coordinator/demand/demand_model.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

namespace foreshock::coordinator {

namespace {

/// Fewer records of a signature say less than its program's.
constexpr std::size_t kMinOfSignature = 3;
constexpr std::size_t kMaxReasons = 6;
/// Of fewer it cannot be told what an unknown one would be like.
constexpr std::size_t kLeastPrograms = 6;
/// A reason that changes less is none.
constexpr double kLeastFactor = 1.03;

/// Uses spread over orders of magnitude: a forest fits their logarithm. The least that counts: a
/// tenth of a millisecond, a kibibyte.
double floor_of(DemandTarget target) {
  const bool seconds = target == DemandTarget::cpu_s || target == DemandTarget::duration_s;
  return seconds ? 1e-4 : 1024;
}

double to_log(DemandTarget target, double used) {
  return std::log(std::max(used, 0.0) + floor_of(target));
}

double from_log(DemandTarget target, double value) {
  return std::max(std::exp(std::min(value, 60.0)) - floor_of(target), 0.0);
}

std::size_t index_of(DemandTarget target) {
  return static_cast<std::size_t>(target);
}

/// Of n values, the next one lies below the k-th with probability k / (n + 1). Beyond the first and
/// the last, as much further (in logarithms) as these lie apart in the mean.
Quantiles predictive_quantiles(std::span<const double> sorted, DemandTarget target) {
  const auto n = static_cast<double>(sorted.size());
  const double first = to_log(target, sorted.front());
  const double last = to_log(target, sorted.back());
  const double apart = std::max((last - first) / std::max(n - 1, 1.0), 0.02);
  Quantiles quantiles;
  for (std::size_t i = 0; i < quantiles.size(); ++i) {
    const double at = kQuantileLevels[i] * (n + 1) - 1;
    if (at < 0) {
      quantiles[i] = from_log(target, first + at * apart);
    } else if (at > n - 1) {
      quantiles[i] = from_log(target, last + (at - (n - 1)) * apart);
    } else {
      const auto low = static_cast<std::size_t>(at);
      const auto high = std::min(low + 1, sorted.size() - 1);
      quantiles[i] = sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
    }
  }
  return quantiles;
}

/// What the records of each signature used in the mean, pulled towards all of them where there are
/// few.
class SignatureHistory {
 public:
  void add(const std::string& signature, double value) {
    auto& [sum, count] = sums_[signature];
    sum += value;
    ++count;
    total_ += value;
    ++records_;
  }
  double mean_of(const std::string& signature) const {
    const double all = records_ == 0 ? 0 : total_ / static_cast<double>(records_);
    const auto found = sums_.find(signature);
    if (found == sums_.end()) return all;
    constexpr double kPull = 3;
    const auto& [sum, count] = found->second;
    return (sum + kPull * all) / (static_cast<double>(count) + kPull);
  }
  double count_of(const std::string& signature) const {
    const auto found = sums_.find(signature);
    return found == sums_.end() ? 0 : static_cast<double>(found->second.second);
  }

 private:
  std::map<std::string, std::pair<double, std::size_t>, std::less<>> sums_;
  double total_ = 0;
  std::size_t records_ = 0;
};

double log_count(std::uint64_t count) {
  return std::log2(1 + static_cast<double>(count));
}

/// Whether the history of its signature is a feature: not where signatures are to be predicted that
/// have none.
enum class UseHistory { yes, no };

/// Features of one target: the arguments', the binary's, and the signature's history up to then.
struct TargetForest {
  UseHistory use_history = UseHistory::yes;
  SignatureHistory history;
  SignatureHistory children;     ///< log2(1 + how many)
  SignatureHistory connections;  ///< likewise
  std::optional<QuantileForest> forest;

  static TargetForest fit(const ArgumentFeatures& features, std::span<const DemandRecord> records,
                          DemandTarget target, const QuantileForest::Options& options,
                          UseHistory use_history = UseHistory::yes) {
    TargetForest made;
    made.use_history = use_history;
    std::vector<double> rows;
    std::vector<double> values;
    for (const auto& record : records) {
      // Only what was known before this record.
      const auto row = made.row_of(features, record.question);
      rows.insert(rows.end(), row.begin(), row.end());
      values.push_back(to_log(target, record.used[index_of(target)]));
      made.history.add(record.question.signature, values.back());
      made.children.add(record.question.signature, log_count(record.children));
      if (record.connections)
        made.connections.add(record.question.signature, log_count(*record.connections));
    }
    made.forest = QuantileForest::fit(rows, rows.size() / values.size(), values, options);
    return made;
  }

  std::vector<double> row_of(const ArgumentFeatures& features,
                             const DemandQuestion& question) const {
    auto row = features.values(question);
    if (use_history == UseHistory::yes) {
      row.push_back(history.mean_of(question.signature));
      row.push_back(std::log2(1 + history.count_of(question.signature)));
      row.push_back(children.mean_of(question.signature));
      row.push_back(connections.mean_of(question.signature));
    }
    return row;
  }

  std::vector<std::string> names(const ArgumentFeatures& features) const {
    auto names = features.names();
    if (use_history == UseHistory::yes)
      names.insert(names.end(), {"signature history", "runs of the signature", "its children",
                                 "its connections"});
    return names;
  }

  Quantiles predict(const ArgumentFeatures& features, const DemandQuestion& question,
                    DemandTarget target) const {
    auto quantiles = forest->predict(row_of(features, question));
    for (auto& quantile : quantiles) quantile = from_log(target, quantile);
    return quantiles;
  }
};

/// The forest over all of them, where one over `before` predicts `after` better than the empirical
/// quantiles do; else without.
TargetForest fit_if_better(const ArgumentFeatures& features, std::span<const DemandRecord> all,
                           std::span<const DemandRecord> before,
                           std::span<const DemandRecord> after, DemandTarget target,
                           const QuantileForest::Options& options, UseHistory use_history) {
  const EmpiricalDemand empirical({before.begin(), before.end()});
  const auto known_features = ArgumentFeatures::learn(before);
  const auto trial = TargetForest::fit(known_features, before, target, options, use_history);
  double forest_loss = 0;
  double history_loss = 0;
  for (const auto& record : after) {
    const double actual = record.used[index_of(target)];
    forest_loss += pinball_loss(trial.predict(known_features, record.question, target), actual);
    history_loss += pinball_loss(empirical.predict(record.question, target).quantiles, actual);
  }
  if (forest_loss >= history_loss) return {};
  return TargetForest::fit(features, all, target, options, use_history);
}

}  // namespace

std::string program_of(const std::string& signature) {
  return signature.substr(0, signature.find(' '));
}

void EmpiricalDemand::add(Samples& samples, const DemandRecord& record) {
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i].push_back(record.used[i]);
}

EmpiricalDemand::EmpiricalDemand(const std::vector<DemandRecord>& records) {
  for (const auto& record : records) {
    add(by_signature_[record.question.signature], record);
    add(by_program_[program_of(record.question.signature)], record);
    add(all_, record);
  }
  const auto sort_all = [](Samples& samples) {
    for (auto& values : samples) std::ranges::sort(values);
  };
  for (auto& [name, samples] : by_signature_) sort_all(samples);
  for (auto& [name, samples] : by_program_) sort_all(samples);
  sort_all(all_);
}

DemandPrediction EmpiricalDemand::predict(const DemandQuestion& question,
                                          DemandTarget target) const {
  return predict_by(question, target, [](std::span<const double> sorted, DemandTarget) {
    return empirical_quantiles(sorted);
  });
}

DemandPrediction EmpiricalDemand::predict_widely(const DemandQuestion& question,
                                                 DemandTarget target) const {
  return predict_by(question, target, predictive_quantiles);
}

DemandPrediction EmpiricalDemand::predict_by(const DemandQuestion& question, DemandTarget target,
                                             Widen quantiles) const {
  DemandPrediction prediction;
  const auto take = [&](const Samples& samples, const char* model) {
    const auto& values = samples[index_of(target)];
    prediction.quantiles = quantiles(values, target);
    prediction.model = model;
    prediction.support = values.size();
  };
  const auto signature = by_signature_.find(question.signature);
  if (signature != by_signature_.end() && signature->second[0].size() >= kMinOfSignature) {
    take(signature->second, "signature history");
  } else if (const auto program = by_program_.find(program_of(question.signature));
             program != by_program_.end()) {
    take(program->second, "program history");
  } else if (!all_[0].empty()) {
    take(all_, "all commands");
  }
  return prediction;
}

bool EmpiricalDemand::knows_program_of(const std::string& signature) const {
  return by_program_.contains(program_of(signature));
}

struct DemandModel::Program {
  ArgumentFeatures features;
  std::array<TargetForest, kDemandTargets.size()> targets;  ///< without a forest: history serves
  std::size_t records = 0;

  DemandPrediction predict(const DemandQuestion& question, DemandTarget target) const;
};

DemandPrediction DemandModel::Program::predict(const DemandQuestion& question,
                                               DemandTarget target) const {
  const TargetForest& one = targets[index_of(target)];
  DemandPrediction prediction;
  prediction.support = records;
  prediction.quantiles = one.predict(features, question, target);
  const auto contributions = one.forest->contributions(one.row_of(features, question));
  const auto names = one.names(features);
  for (std::size_t i = 0; i < contributions.size(); ++i) {
    const double factor = std::exp(contributions[i]);
    if (factor >= kLeastFactor || factor <= 1 / kLeastFactor)
      prediction.reasons.push_back({names[i], factor});
  }
  std::ranges::sort(prediction.reasons, [](const DemandReason& a, const DemandReason& b) {
    return std::abs(std::log(a.factor)) > std::abs(std::log(b.factor));
  });
  if (prediction.reasons.size() > kMaxReasons) prediction.reasons.resize(kMaxReasons);
  return prediction;
}

std::shared_ptr<const DemandModel::Program> DemandModel::fit_program(
    std::span<const DemandRecord> all, const Options& options) {
  auto program = std::make_shared<Program>();
  program->features = ArgumentFeatures::learn(all);
  program->records = all.size();
  const std::size_t known = all.size() - all.size() / 5;
  for (const auto target : kDemandTargets) {
    program->targets[index_of(target)] =
        fit_if_better(program->features, all, all.first(known), all.subspan(known), target,
                      options.forest, UseHistory::yes);
  }
  return program;
}

std::shared_ptr<const DemandModel::Program> DemandModel::fit_unknown_programs(
    const std::vector<DemandRecord>& records, const Options& options) {
  const std::size_t taken = std::min(records.size(), options.most_records);
  const std::span<const DemandRecord> newest = std::span(records).last(taken);
  std::map<std::string, std::vector<DemandRecord>> by_program;
  for (const auto& record : newest)
    by_program[program_of(record.question.signature)].push_back(record);
  if (taken < options.min_records || by_program.size() < kLeastPrograms) return nullptr;
  // Judged on programs that it does not know.
  std::vector<DemandRecord> known;
  std::vector<DemandRecord> unknown;
  bool is_known = true;
  for (const auto& [name, own] : by_program) {
    auto& side = is_known ? known : unknown;
    side.insert(side.end(), own.begin(), own.end());
    is_known = !is_known;
  }
  auto program = std::make_shared<Program>();
  program->features = ArgumentFeatures::learn(newest);
  program->records = taken;
  for (const auto target : kDemandTargets) {
    program->targets[index_of(target)] = fit_if_better(program->features, newest, known, unknown,
                                                       target, options.forest, UseHistory::no);
  }
  return program;
}

DemandModel DemandModel::fit(std::vector<DemandRecord> records, const Options& options) {
  DemandModel model{EmpiricalDemand(records)};
  model.records_ = records.size();
  model.unknown_programs_ = fit_unknown_programs(records, options);
  std::map<std::string, std::vector<DemandRecord>> by_program;
  for (auto& record : records) {
    auto& own = by_program[program_of(record.question.signature)];
    own.push_back(std::move(record));
  }
  for (const auto& [name, own] : by_program) {
    if (own.size() < options.min_records) continue;
    const std::size_t taken = std::min(own.size(), options.most_records);
    model.programs_.emplace(name, fit_program(std::span(own).last(taken), options));
  }
  return model;
}

DemandPrediction DemandModel::predict(const DemandQuestion& question, DemandTarget target) const {
  const auto found = programs_.find(program_of(question.signature));
  if (found != programs_.end() && found->second->targets[index_of(target)].forest) {
    auto prediction = found->second->predict(question, target);
    prediction.model = "forest";
    return prediction;
  }
  const bool has_history = empirical_.knows_program_of(question.signature);
  if (!has_history && unknown_programs_ && unknown_programs_->targets[index_of(target)].forest) {
    auto prediction = unknown_programs_->predict(question, target);
    prediction.model = "forest of all programs";
    return prediction;
  }
  return empirical_.predict_widely(question, target);
}

}  // namespace foreshock::coordinator

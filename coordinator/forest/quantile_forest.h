#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coordinator/model/forecast.h"

namespace foreshock::coordinator {

/// A quantile regression forest: a prediction is the quantiles of the training values in the leaves
/// that the question falls into.
///
/// Values and predictions are on whatever scale the caller fits. Missing features are NaN and go
/// left. Deterministic.
/// Sources: Meinshausen, "Quantile Regression Forests" (2006); Geurts, Ernst and Wehenkel,
/// "Extremely randomized trees" (2006); intervals by conformalised quantile regression (Romano,
/// Patterson, Candès 2019) on out-of-bag predictions.
class QuantileForest {
 public:
  enum class Kind : std::uint8_t {
    /// Trees on bootstrap samples, the best splits, and each quantile moved so that what the trees
    /// have not seen lies below it as often as it should. fit(): O(trees × features × n log² n).
    bagged,
    /// Trees on all rows with random thresholds, nothing moved: for many rows.
    /// fit(): O(trees × features × n log n).
    extra,
  };
  struct Options {
    Kind kind = Kind::bagged;
    std::size_t trees = 50;
    std::size_t min_leaf = 5;
    std::uint64_t seed = 1;
  };

  /// `rows`: n × `features` values, row by row; `values`: n of them, n >= 1.
  static QuantileForest fit(std::span<const double> rows, std::size_t features,
                            std::span<const double> values, const Options& options);

  Quantiles predict(std::span<const double> row) const;
  /// Much cheaper than the quantiles.
  double mean(std::span<const double> row) const;
  /// How much each feature moves the mean of this row away from the mean of all (Saabas 2014: the
  /// changes along the paths, averaged over the trees).
  std::vector<double> contributions(std::span<const double> row) const;

 private:
  struct Node {
    std::int32_t feature = -1;  ///< -1: a leaf
    double threshold = 0;       ///< left: <= or missing
    std::uint32_t left = 0, right = 0;
    double mean = 0;
    std::uint32_t begin = 0, end = 0;  ///< of a leaf: its training values in members
  };
  struct Tree {
    std::vector<Node> nodes;
    std::vector<std::uint32_t> members;  ///< row numbers, leaf by leaf
    std::vector<bool> in_bag;
  };
  struct Growing;
  struct Split {
    std::int32_t feature = -1;  ///< -1: none is worth it
    double threshold = 0;
    double gain = 0;
  };

  void grow(Tree& tree, Growing& growing, std::uint32_t node, std::size_t depth) const;
  Split find_best_split(const Tree& tree, Growing& growing, std::uint32_t node, double sum) const;
  Split find_random_split(const Tree& tree, Growing& growing, std::uint32_t node, double sum) const;
  /// Half of them, drawn anew for each node.
  std::span<const std::size_t> choose_features(Growing& growing) const;
  const Node& leaf_of(const Tree& tree, std::span<const double> row) const;
  Quantiles quantiles_of(std::span<const double> row, const std::size_t* out_of_bag_of) const;
  void calibrate(std::span<const double> rows);

  Options options_;
  std::size_t features_ = 0;
  std::vector<double> values_;
  std::vector<std::uint32_t> order_;  ///< row numbers by value
  std::vector<Tree> trees_;
  Quantiles shift_{};  ///< added to each quantile
};

/// Quantiles of a sample, each at its level; interpolated. `values` is sorted and not empty.
Quantiles empirical_quantiles(std::span<const double> sorted);

}  // namespace foreshock::coordinator

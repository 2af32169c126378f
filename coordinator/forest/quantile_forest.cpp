#include "coordinator/forest/quantile_forest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kMaxDepth = 24;
/// Fewer out-of-bag predictions say nothing about the tails.
constexpr std::size_t kMinForCalibration = 40;
/// What calibration looks at: enough for a quantile of the tails.
constexpr std::size_t kMostForCalibration = 400;

double quantile_of_sorted(std::span<const double> sorted, double level) {
  const double at = level * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const auto high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

constexpr double kMissing = -std::numeric_limits<double>::infinity();

double gain_of(double left_sum, std::size_t left, double right_sum, std::size_t right) {
  return left_sum * left_sum / static_cast<double>(left) +
         right_sum * right_sum / static_cast<double>(right);
}

/// What a split has to beat.
double gain_without_split(double sum, std::size_t count) {
  return sum * sum / static_cast<double>(count) * (1 + 1e-9);
}

}  // namespace

Quantiles empirical_quantiles(std::span<const double> sorted) {
  Quantiles quantiles;
  for (std::size_t i = 0; i < quantiles.size(); ++i)
    quantiles[i] = quantile_of_sorted(sorted, kQuantileLevels[i]);
  return quantiles;
}

struct QuantileForest::Growing {
  std::span<const double> rows;
  std::size_t features;
  std::mt19937_64 random;
  std::vector<std::size_t> candidates;  ///< feature numbers, shuffled at each node
  std::vector<std::pair<double, std::uint32_t>> column;

  double at(std::uint32_t row, std::size_t feature) const { return rows[row * features + feature]; }
};

QuantileForest QuantileForest::fit(std::span<const double> rows, std::size_t features,
                                   std::span<const double> values, const Options& options) {
  QuantileForest forest;
  forest.options_ = options;
  forest.features_ = features;
  forest.values_.assign(values.begin(), values.end());
  forest.order_.resize(values.size());
  std::iota(forest.order_.begin(), forest.order_.end(), 0U);
  std::ranges::sort(forest.order_, {}, [&](std::uint32_t row) { return values[row]; });

  Growing growing{rows, features, std::mt19937_64(options.seed), {}, {}};
  growing.candidates.resize(features);
  std::iota(growing.candidates.begin(), growing.candidates.end(), std::size_t{0});
  const auto n = static_cast<std::uint32_t>(values.size());
  for (std::size_t i = 0; i < options.trees; ++i) {
    Tree tree;
    tree.in_bag.assign(n, options.kind == Kind::extra);
    for (std::uint32_t draw = 0; draw < n; ++draw) {
      const auto row =
          options.kind == Kind::extra ? draw : static_cast<std::uint32_t>(growing.random() % n);
      tree.members.push_back(row);
      tree.in_bag[row] = true;
    }
    tree.nodes.push_back({});
    tree.nodes[0].end = n;
    forest.grow(tree, growing, 0, 0);
    forest.trees_.push_back(std::move(tree));
  }
  if (options.kind == Kind::bagged) forest.calibrate(rows);
  return forest;
}

std::span<const std::size_t> QuantileForest::choose_features(Growing& growing) const {
  std::ranges::shuffle(growing.candidates, growing.random);
  return std::span(growing.candidates).first(std::max<std::size_t>(1, (features_ + 1) / 2));
}

/// The split that leaves the least variance: the largest sum²/n left and right.
QuantileForest::Split QuantileForest::find_best_split(const Tree& tree, Growing& growing,
                                                      std::uint32_t node, double sum) const {
  const std::uint32_t begin = tree.nodes[node].begin;
  const std::uint32_t end = tree.nodes[node].end;
  Split best{.gain = gain_without_split(sum, end - begin)};
  auto& column = growing.column;
  for (const std::size_t feature : choose_features(growing)) {
    column.clear();
    for (auto i = begin; i < end; ++i)
      column.emplace_back(growing.at(tree.members[i], feature), tree.members[i]);
    for (auto& [value, row] : column) value = std::isnan(value) ? kMissing : value;
    std::ranges::sort(column, {}, &std::pair<double, std::uint32_t>::first);
    double left = 0;
    for (std::size_t i = 0; i + 1 < column.size(); ++i) {
      left += values_[column[i].second];
      const std::size_t size = i + 1;
      if (column[i].first == column[i + 1].first || size < options_.min_leaf ||
          column.size() - size < options_.min_leaf)
        continue;
      const double gain = gain_of(left, size, sum - left, column.size() - size);
      if (gain <= best.gain) continue;
      // Half way, so that values between two that were seen go to the nearer one.
      best = {.feature = static_cast<std::int32_t>(feature),
              .threshold = std::isinf(column[i].first)
                               ? std::nextafter(column[i + 1].first, kMissing)
                               : (column[i].first + column[i + 1].first) / 2,
              .gain = gain};
    }
  }
  return best;
}

/// The best of one threshold for each feature, drawn between its extremes.
QuantileForest::Split QuantileForest::find_random_split(const Tree& tree, Growing& growing,
                                                        std::uint32_t node, double sum) const {
  const std::span members =
      std::span(tree.members)
          .subspan(tree.nodes[node].begin, tree.nodes[node].end - tree.nodes[node].begin);
  Split best{.gain = gain_without_split(sum, members.size())};
  for (const std::size_t feature : choose_features(growing)) {
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const std::uint32_t row : members) {
      const double value = growing.at(row, feature);
      least = std::min(least, value);  // a missing one is neither
      most = std::max(most, value);
    }
    if (!(least < most)) continue;
    const double drawn = static_cast<double>(growing.random() >> 11) * 0x1.0p-53;
    const double threshold = least + drawn * (most - least);
    double left = 0;
    std::size_t size = 0;
    for (const std::uint32_t row : members) {
      const bool goes_left = !(growing.at(row, feature) > threshold);
      left += goes_left ? values_[row] : 0;
      size += goes_left ? 1 : 0;
    }
    if (size < options_.min_leaf || members.size() - size < options_.min_leaf) continue;
    const double gain = gain_of(left, size, sum - left, members.size() - size);
    if (gain > best.gain)
      best = {.feature = static_cast<std::int32_t>(feature), .threshold = threshold, .gain = gain};
  }
  return best;
}

void QuantileForest::grow(Tree& tree, Growing& growing, std::uint32_t node,
                          std::size_t depth) const {
  const std::uint32_t begin = tree.nodes[node].begin;
  const std::uint32_t end = tree.nodes[node].end;
  const auto count = static_cast<double>(end - begin);
  double sum = 0;
  for (auto i = begin; i < end; ++i) sum += values_[tree.members[i]];
  tree.nodes[node].mean = sum / count;
  if (end - begin < 2 * options_.min_leaf || depth >= kMaxDepth) return;

  const Split best = options_.kind == Kind::bagged ? find_best_split(tree, growing, node, sum)
                                                   : find_random_split(tree, growing, node, sum);
  if (best.feature < 0) return;

  const auto goes_left = [&](std::uint32_t row) {
    const double value = growing.at(row, static_cast<std::size_t>(best.feature));
    return std::isnan(value) || value <= best.threshold;
  };
  const auto middle =
      std::stable_partition(tree.members.begin() + begin,
                            tree.members.begin() + static_cast<std::ptrdiff_t>(end), goes_left);
  const auto split = static_cast<std::uint32_t>(middle - tree.members.begin());
  if (split == begin || split == end) return;
  const auto left = static_cast<std::uint32_t>(tree.nodes.size());
  Node child;
  child.begin = begin;
  child.end = split;
  tree.nodes.push_back(child);
  child.begin = split;
  child.end = end;
  tree.nodes.push_back(child);
  Node& parent = tree.nodes[node];
  parent.feature = best.feature;
  parent.threshold = best.threshold;
  parent.left = left;
  parent.right = left + 1;
  grow(tree, growing, left, depth + 1);
  grow(tree, growing, left + 1, depth + 1);
}

const QuantileForest::Node& QuantileForest::leaf_of(const Tree& tree,
                                                    std::span<const double> row) const {
  const Node* node = &tree.nodes[0];
  while (node->feature >= 0) {
    const double value = row[static_cast<std::size_t>(node->feature)];
    node = &tree.nodes[std::isnan(value) || value <= node->threshold ? node->left : node->right];
  }
  return *node;
}

Quantiles QuantileForest::quantiles_of(std::span<const double> row,
                                       const std::size_t* out_of_bag_of) const {
  std::vector<double> weights(values_.size(), 0);
  double total = 0;
  for (const auto& tree : trees_) {
    if (out_of_bag_of != nullptr && tree.in_bag[*out_of_bag_of]) continue;
    const Node& leaf = leaf_of(tree, row);
    const double share = 1.0 / static_cast<double>(leaf.end - leaf.begin);
    for (auto i = leaf.begin; i < leaf.end; ++i) weights[tree.members[i]] += share;
    total += 1;
  }
  Quantiles quantiles;
  quantiles.fill(std::numeric_limits<double>::quiet_NaN());
  if (total == 0) return quantiles;
  // The weighted distribution, each value's mass centred on it.
  std::size_t level = 0;
  double before = 0;
  double last_value = 0;
  double last_at = -1;
  for (const auto index : order_) {
    if (weights[index] == 0) continue;
    const double share = weights[index] / total;
    const double at = before + share / 2;
    const double value = values_[index];
    while (level < quantiles.size() && kQuantileLevels[level] <= at) {
      const double wanted = kQuantileLevels[level];
      quantiles[level++] =
          last_at < 0 ? value
                      : last_value + (wanted - last_at) / (at - last_at) * (value - last_value);
    }
    before += share;
    last_at = at;
    last_value = value;
  }
  while (level < quantiles.size()) quantiles[level++] = last_value;
  return quantiles;
}

void QuantileForest::calibrate(std::span<const double> rows) {
  shift_.fill(0);
  // The newest tell most about what comes next.
  const std::size_t n = values_.size();
  std::array<std::vector<double>, kQuantileLevels.size()> misses;
  for (std::size_t row = n - std::min(n, kMostForCalibration); row < n; ++row) {
    const auto quantiles = quantiles_of(rows.subspan(row * features_, features_), &row);
    if (std::isnan(quantiles[0])) continue;
    for (std::size_t i = 0; i < quantiles.size(); ++i)
      misses[i].push_back(values_[row] - quantiles[i]);
  }
  if (misses[0].size() < kMinForCalibration) return;
  // Each quantile is moved to where its share of what was not seen lay below it.
  for (std::size_t i = 0; i < misses.size(); ++i) {
    std::ranges::sort(misses[i]);
    const auto size = static_cast<double>(misses[i].size());
    const double level = kQuantileLevels[i];
    const double corrected = level < 0.5 ? level * (1 - 1 / size) : level + (1 - level) / size;
    shift_[i] = level == 0.5 ? 0 : quantile_of_sorted(misses[i], corrected);
  }
}

Quantiles QuantileForest::predict(std::span<const double> row) const {
  Quantiles quantiles = quantiles_of(row, nullptr);
  for (std::size_t i = 0; i < quantiles.size(); ++i) quantiles[i] += shift_[i];
  std::ranges::sort(quantiles);
  return quantiles;
}

double QuantileForest::mean(std::span<const double> row) const {
  double sum = 0;
  for (const Tree& tree : trees_) sum += leaf_of(tree, row).mean;
  return sum / static_cast<double>(trees_.size());
}

std::vector<double> QuantileForest::contributions(std::span<const double> row) const {
  std::vector<double> sums(features_, 0);
  for (const auto& tree : trees_) {
    const Node* node = &tree.nodes[0];
    while (node->feature >= 0) {
      const auto feature = static_cast<std::size_t>(node->feature);
      const bool left = std::isnan(row[feature]) || row[feature] <= node->threshold;
      const Node* const next = &tree.nodes[left ? node->left : node->right];
      sums[feature] += next->mean - node->mean;
      node = next;
    }
  }
  for (auto& sum : sums) sum /= static_cast<double>(trees_.size());
  return sums;
}

}  // namespace foreshock::coordinator

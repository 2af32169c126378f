#include "coordinator/lead/significance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <random>

namespace foreshock::coordinator {

namespace {

constexpr std::size_t kEnoughExceeded = 20;
/// The first look at whether a score is out of chance's reach altogether, and what "altogether" is.
constexpr std::size_t kFirstLook = 200;
constexpr double kClearlySmall = 1e-5;
constexpr double kPeriodTolerance = 0.1;

using Engine = std::mt19937_64;
using Draw = std::function<void(Engine&, std::vector<double>&)>;

/// Running mean and variance. Source: Welford (1962).
struct Moments {
  double count = 0, mean = 0, squares = 0;
  void add(double value) {
    ++count;
    const double delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  double deviation() const { return count > 1 ? std::sqrt(squares / (count - 1)) : 0; }
};

double gumbel_tail(const Moments& maxima, double score) {
  const double scale = std::max(maxima.deviation(), 0.25) * std::sqrt(6.0) / std::numbers::pi;
  const double location = maxima.mean - std::numbers::egamma * scale;
  return -std::expm1(-std::exp(-(score - location) / scale));
}

void wrap_and_sort(std::vector<double>& times, double length) {
  for (double& time : times) {
    time = std::fmod(time, length);
    if (time < 0) time += length;
  }
  std::sort(times.begin(), times.end());
}

double p_value_under(const Draw& draw, CoincidenceScan& scan, LagRange range, double score,
                     std::size_t permutations, std::uint64_t seed) {
  Engine engine(seed);
  Moments maxima;
  std::size_t exceeded = 0;
  std::vector<double> drawn;
  for (std::size_t i = 1; i <= permutations; ++i) {
    draw(engine, drawn);
    wrap_and_sort(drawn, scan.length_s());
    const double by_chance = scan.best(drawn, range.least_s, range.most_s).score;
    maxima.add(by_chance);
    if (by_chance >= score && ++exceeded == kEnoughExceeded) {
      return static_cast<double>(exceeded) / static_cast<double>(i);
    }
    if (i == kFirstLook && exceeded == 0 && gumbel_tail(maxima, score) < kClearlySmall) break;
  }
  const double counted = static_cast<double>(exceeded + 1) / (maxima.count + 1);
  return exceeded == 0 ? std::min(counted, gumbel_tail(maxima, score)) : counted;
}

std::vector<double> gaps_of(const std::vector<double>& executions) {
  std::vector<double> gaps(executions.size());
  std::adjacent_difference(executions.begin(), executions.end(), gaps.begin());
  if (!gaps.empty()) gaps.erase(gaps.begin());
  return gaps;
}

Draw another_turn(const std::vector<double>& executions, double length) {
  const std::vector<double> gaps = gaps_of(executions);
  Moments moments;
  for (const double gap : gaps) moments.add(gap);
  const bool keep_gaps = is_periodic(executions) || moments.deviation() <= 0;
  const double spread = moments.deviation() / moments.mean;
  const double shape = keep_gaps ? 1 : 1 / (spread * spread);
  const double scale = keep_gaps ? 1 : moments.mean * spread * spread;
  return [=](Engine& engine, std::vector<double>& drawn) {
    std::gamma_distribution<double> gap(shape, scale);
    double time = std::uniform_real_distribution<double>(0, length)(engine);
    drawn.assign(1, time);
    for (const double own : gaps) drawn.push_back(time += keep_gaps ? own : gap(engine));
  };
}

Draw a_little_earlier_or_later(const std::vector<double>& executions, double most) {
  return [&executions, most](Engine& engine, std::vector<double>& drawn) {
    std::uniform_real_distribution<double> offset(-most, most);
    drawn.clear();
    for (const double execution : executions) drawn.push_back(execution + offset(engine));
  };
}

}  // namespace

bool is_periodic(const std::vector<double>& executions) {
  const std::vector<double> gaps = gaps_of(executions);
  if (gaps.size() < 2) return false;
  const double shortest = *std::min_element(gaps.begin(), gaps.end());
  if (shortest <= 0) return false;
  double turns = 0;
  for (const double gap : gaps) turns += std::round(gap / shortest);
  const double period = (executions.back() - executions.front()) / turns;
  return std::all_of(gaps.begin(), gaps.end(), [&](double gap) {
    return std::abs(gap - std::round(gap / period) * period) <= kPeriodTolerance * period;
  });
}

double chance_of_score(CoincidenceScan& scan, const std::vector<double>& executions, LagRange range,
                       double score, std::size_t permutations, std::uint64_t seed) {
  if (executions.size() < 2 || score <= 0) return 1;
  const double turned = p_value_under(another_turn(executions, scan.length_s()), scan, range, score,
                                      permutations, seed);
  const double moved = p_value_under(a_little_earlier_or_later(executions, range.most_s), scan,
                                     range, score, permutations, seed + 1);
  return std::max(turned, moved);
}

std::vector<double> false_discovery_q(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> q_values(p_values.size(), 1);
  double least = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const std::size_t i = order[rank - 1];
    least = std::min(least,
                     p_values[i] * static_cast<double>(order.size()) / static_cast<double>(rank));
    q_values[i] = least;
  }
  return q_values;
}

std::vector<double> false_discovery_q(const std::vector<double>& p_values,
                                      const std::vector<std::size_t>& family_of, double rate) {
  const std::size_t families =
      family_of.empty() ? 0 : *std::max_element(family_of.begin(), family_of.end()) + 1;
  std::vector<std::vector<std::size_t>> members(families);
  for (std::size_t i = 0; i < p_values.size(); ++i) members[family_of[i]].push_back(i);
  std::vector<std::vector<double>> q_within(families);
  std::vector<double> simes(families, 1);
  for (std::size_t f = 0; f < families; ++f) {
    std::vector<double> own;
    for (const std::size_t i : members[f]) own.push_back(p_values[i]);
    q_within[f] = false_discovery_q(own);
    // The smallest q-value of a family is its Simes p-value.
    if (!own.empty()) simes[f] = *std::min_element(q_within[f].begin(), q_within[f].end());
  }
  const std::vector<double> q_of_family = false_discovery_q(simes);
  const auto found = static_cast<double>(std::max<std::ptrdiff_t>(
      1,
      std::count_if(q_of_family.begin(), q_of_family.end(), [&](double q) { return q <= rate; })));
  std::vector<double> q_values(p_values.size(), 1);
  for (std::size_t f = 0; f < families; ++f) {
    for (std::size_t k = 0; k < members[f].size(); ++k) {
      const double within = q_within[f][k] * static_cast<double>(families) / found;
      q_values[members[f][k]] = std::min(1.0, std::max(q_of_family[f], within));
    }
  }
  return q_values;
}

}  // namespace foreshock::coordinator

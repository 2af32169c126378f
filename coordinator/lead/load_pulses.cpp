#include "coordinator/lead/load_pulses.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace foreshock::coordinator {

namespace {

/// A rise may take so many steps: sampling smears a jump over two, starting up and filling memory
/// takes some more.
constexpr std::size_t kRiseSteps = 4;
constexpr double kNoiseFactor = 5;
/// Pulses lower than this share of the usual big one are not what anybody wants to foresee.
constexpr double kLeastShareOfBig = 0.1;
constexpr double kEndShare = 1.0 / 3;
/// A rise on top of a running pulse is one of its own when it is this share of what runs.
constexpr double kNestedShare = 0.5;
/// A step that is less full than this holds noise, not the beginning of the rise.
constexpr double kNotYetFilled = 0.15;
constexpr std::size_t kMaxNesting = 8;
constexpr double kBaseQuantile = 0.2;

/// Less than this is nobody's load, however quiet the series is otherwise.
double least_height(Quantity quantity, double range) {
  switch (quantity) {
    case Quantity::cpu_usage:
    case Quantity::cpu_throttled:
      return 0.05;
    case Quantity::memory_used:
    case Quantity::memory_current:
      return 8.0 * 1024 * 1024;
    default:
      return 0.05 * range;
  }
}

double take_quantile(std::vector<double>& values, double level) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(level * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double noise_of(const std::vector<double>& values) {
  std::vector<double> differences;
  differences.reserve(values.size());
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (!std::isnan(values[i]) && !std::isnan(values[i - 1])) {
      differences.push_back(std::abs(values[i] - values[i - 1]));
    }
  }
  if (differences.empty()) return 0;
  return 1.4826 * take_quantile(differences, 0.5) / std::sqrt(2.0);
}

double threshold_of(const Series& series) {
  std::vector<double> known;
  for (const double value : series.values) {
    if (!std::isnan(value)) known.push_back(value);
  }
  if (known.empty()) return 0;
  const auto [low, high] = std::minmax_element(known.begin(), known.end());
  const double least = std::max(kNoiseFactor * noise_of(series.values),
                                least_height(series.key.quantity, *high - *low));
  const double base = take_quantile(known, kBaseQuantile);
  std::vector<double> loaded;
  for (const double value : known) {
    if (value - base > least) loaded.push_back(value - base);
  }
  return loaded.empty() ? least : std::max(least, kLeastShareOfBig * take_quantile(loaded, 0.9));
}

/// A pulse that is still running.
struct OpenPulse {
  std::size_t index = 0;  ///< in the result
  double level_before = 0;
  double sum = 0;
  std::size_t steps = 0;

  double height() const { return steps == 0 ? 0 : sum / static_cast<double>(steps) - level_before; }
};

/// Walks over the values once; see find_pulses().
class PulseScan {
 public:
  explicit PulseScan(const Series& series)
      : values_(series.values),
        step_s_(std::chrono::duration<double>(series.step).count()),
        threshold_(threshold_of(series)) {}

  std::vector<LoadPulse> run() {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (std::isnan(values_[i])) {
        give_up_open();
        quiet_since_ = i + 1;
        continue;
      }
      close_fallen(i);
      if (!open_.empty()) {
        open_.back().sum += values_[i];
        ++open_.back().steps;
      }
      i = open_risen(i);
    }
    give_up_open();
    std::sort(pulses_.begin(), pulses_.end(),
              [](const LoadPulse& a, const LoadPulse& b) { return a.onset_s < b.onset_s; });
    return std::move(pulses_);
  }

 private:
  void close_fallen(std::size_t i) {
    while (!open_.empty()) {
      const OpenPulse& pulse = open_.back();
      if (pulse.steps == 0 || values_[i] > pulse.level_before + kEndShare * pulse.height()) return;
      LoadPulse& done = pulses_[pulse.index];
      done.height = pulse.height();
      // The last step was loaded for the share that it is filled.
      const double filled = std::clamp((values_[i] - pulse.level_before) / done.height, 0.0, 1.0);
      done.end_s = (static_cast<double>(i) + filled) * step_s_;
      open_.pop_back();
      quiet_since_ = i;
    }
  }

  /// @return the last step that the scan may leave behind: the top of the rise when there was one.
  std::size_t open_risen(std::size_t i) {
    const std::size_t from = std::max(quiet_since_, i < kRiseSteps ? 0 : i - kRiseSteps);
    if (from >= i || open_.size() == kMaxNesting) return i;
    const auto lowest = std::min_element(values_.begin() + static_cast<std::ptrdiff_t>(from),
                                         values_.begin() + static_cast<std::ptrdiff_t>(i));
    const double needed =
        open_.empty() ? threshold_ : std::max(threshold_, kNestedShare * open_.back().height());
    if (needed <= 0 || values_[i] - *lowest < needed) return i;
    std::size_t last = i;
    while (last + 1 < values_.size() && last < i + 2 && values_[last + 1] > values_[last]) ++last;
    // The steps of the rise itself are only partly filled: the height is taken from its top on.
    pulses_.push_back(
        {.onset_s = onset_of(from, last, *lowest), .end_s = std::nullopt, .height = 0});
    open_.push_back(
        {.index = pulses_.size() - 1, .level_before = *lowest, .sum = values_[last], .steps = 1});
    quiet_since_ = last;
    return last;
  }

  /// Where a jump would have to be for the steps of the rise to be as full as they are.
  double onset_of(std::size_t from, std::size_t last, double level) const {
    double onset = static_cast<double>(from);
    for (std::size_t k = from; k <= last; ++k) {
      const double filled = (values_[k] - level) / (values_[last] - level);
      onset += filled < kNotYetFilled ? 1 : 1 - std::min(filled, 1.0);
    }
    return onset * step_s_;
  }

  void give_up_open() {
    for (const OpenPulse& pulse : open_) pulses_[pulse.index].height = pulse.height();
    open_.clear();
  }

  const std::vector<double>& values_;
  double step_s_;
  double threshold_;
  std::size_t quiet_since_ = 0;  ///< the level before a rise is looked for from here on
  std::vector<OpenPulse> open_;
  std::vector<LoadPulse> pulses_;
};

}  // namespace

std::vector<LoadPulse> find_pulses(const Series& series) {
  return PulseScan(series).run();
}

std::vector<double> base_line(const Series& series, std::size_t window) {
  const std::size_t n = series.values.size();
  std::vector<double> line(n, 0.0);
  if (n == 0) return line;
  window = std::clamp<std::size_t>(window, 2, n + 1);
  const std::size_t half = window / 2;
  std::vector<double> knots;  // at 0, half, 2*half, …
  std::vector<double> known;
  for (std::size_t centre = 0; centre < n + half; centre += half) {
    known.clear();
    for (std::size_t i = centre < half ? 0 : centre - half; i < std::min(n, centre + half); ++i) {
      if (!std::isnan(series.values[i])) known.push_back(series.values[i]);
    }
    knots.push_back(known.empty() ? (knots.empty() ? 0 : knots.back())
                                  : take_quantile(known, kBaseQuantile));
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t left = std::min(i / half, knots.size() - 1);
    const std::size_t right = std::min(left + 1, knots.size() - 1);
    const double share = static_cast<double>(i - left * half) / static_cast<double>(half);
    line[i] = knots[left] + share * (knots[right] - knots[left]);
  }
  return line;
}

}  // namespace foreshock::coordinator

#include "coordinator/forecast/trend_shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "coordinator/forecast/least_squares.h"

namespace foreshock::coordinator {

namespace {

/// How the day deviates from the mean of the last few, smoothed from day to day.
class DayOffsets {
 public:
  explicit DayOffsets(std::size_t day)
      : offsets_(day, 0.0), seen_(day, 0), mean_share_(1 / (3 * static_cast<double>(day))) {}
  double at(std::size_t t) const { return offsets_[t % offsets_.size()]; }
  void add(std::size_t t, double value) {
    mean_ += (value - mean_) * std::max(1 / static_cast<double>(++count_), mean_share_);
    // The first days' mean is not yet one of whole days.
    if (count_ <= offsets_.size()) return;
    double& offset = offsets_[t % offsets_.size()];
    const auto seen = static_cast<double>(++seen_[t % offsets_.size()]);
    offset += (value - mean_ - offset) * std::max(1 / seen, kShare);
  }

 private:
  static constexpr double kShare = 0.2;

  std::vector<double> offsets_;
  std::vector<std::size_t> seen_;
  double mean_share_;
  double mean_ = 0;
  std::size_t count_ = 0;
};

class DampedTrendShape final : public Shape {
 public:
  explicit DampedTrendShape(const Window& window)
      : day_(window.day),
        damping_(std::exp(-4 / static_cast<double>(window.unit))),
        forgetting_(std::exp(-1 / static_cast<double>(window.unit))) {
    for (const double memory : {1.0 / 24, 1.0 / 6, 1.0}) {
      const double steps = std::max(1.5, memory * static_cast<double>(window.unit));
      speeds_.push_back({.share = 1 / steps});
    }
  }
  std::string name() const override { return "damped trend"; }

  double at(std::size_t origin, std::size_t t) const override {
    const Speed& best = *std::ranges::min_element(speeds_, {}, &Speed::error);
    const auto ahead = static_cast<double>(t - origin + 1);
    const double trend = best.trend * damping_ * (1 - std::pow(damping_, ahead)) / (1 - damping_);
    return best.level + trend + day_.at(t);
  }

  void add(std::size_t t, double value) override {
    const double off = value - day_.at(t);
    for (Speed& speed : speeds_) speed.add(off, damping_, forgetting_, count_);
    ++count_;
    day_.add(t, value);
  }

 private:
  struct Speed {
    double share = 0;
    double level = 0;
    double trend = 0;
    double error = 0;

    void add(double off, double damping, double forgetting, std::size_t before) {
      if (before == 0) level = off;
      const double expected = level + damping * trend;
      error = forgetting * error + (1 - forgetting) * std::abs(off - expected);
      const double was = level;
      level = expected + share * (off - expected);
      // The trend follows ten times as slowly as the level does.
      trend = damping * trend + 0.1 * share * (level - was - damping * trend);
    }
  };

  DayOffsets day_;
  double damping_;
  double forgetting_;
  std::vector<Speed> speeds_;
  std::size_t count_ = 0;
};

class ThetaShape final : public Shape {
 public:
  explicit ThetaShape(const Window& window)
      : share_(1 / std::max(2.0, static_cast<double>(window.unit) / 12)),
        keep_(std::exp(-1 / (14 * static_cast<double>(window.unit)))),
        unit_(static_cast<double>(window.unit)),
        day_(window.day) {}
  std::string name() const override { return "theta"; }

  double at(std::size_t origin, std::size_t t) const override {
    return level_ + 0.5 * slope() * static_cast<double>(t - origin + 1) / unit_ + day_.at(t);
  }

  void add(std::size_t t, double value) override {
    const double off = value - day_.at(t);
    level_ = weight_ == 0 ? off : level_ + share_ * (off - level_);
    const double x = static_cast<double>(t) / unit_;
    weight_ = keep_ * weight_ + 1;
    const double dx = x - mean_x_;
    const double dy = value - mean_y_;
    mean_x_ += dx / weight_;
    mean_y_ += dy / weight_;
    square_ = keep_ * square_ + dx * (x - mean_x_);
    product_ = keep_ * product_ + dx * (value - mean_y_);
    day_.add(t, value);
  }

 private:
  /// A unit of time; none from less than three of them.
  double slope() const { return square_ > 0 && weight_ > 3 * unit_ ? product_ / square_ : 0; }

  double share_;
  double keep_;
  double unit_;
  DayOffsets day_;
  double level_ = 0;
  double weight_ = 0;
  double mean_x_ = 0;
  double mean_y_ = 0;
  double square_ = 0;
  double product_ = 0;
};

class HarmonicShape final : public Shape {
 public:
  explicit HarmonicShape(const Window& window)
      : window_(window), keep_(std::exp(-1 / (21 * static_cast<double>(window.unit)))) {
    ridges_.fill(0.5);
  }
  std::string name() const override { return "harmonics"; }
  double at(std::size_t /*origin*/, std::size_t t) const override {
    return regression_.predict(features(t));
  }
  void add(std::size_t t, double value) override {
    regression_.add(features(t), value, 1, keep_);
    const std::size_t apart = std::max<std::size_t>(1, window_.unit / 8);
    if (++count_ % apart == 0) regression_.solve(ridges_);
  }

 private:
  static constexpr std::size_t kOfDay = 5;
  static constexpr std::size_t kOfWeek = 3;
  static constexpr std::size_t kFeatures = 3 + 2 * (kOfDay + kOfWeek);
  using Regression = LeastSquares<kFeatures>;

  Regression::Vector features(std::size_t t) const {
    Regression::Vector x{};
    x[0] = 1;
    x[1] = static_cast<double>(t) / static_cast<double>(std::max<std::size_t>(1, window_.size()));
    x[2] = window_.is_weekend(t) ? 1 : 0;
    std::size_t next = 3;
    const auto add_waves = [&](std::size_t period, std::size_t waves) {
      const double angle =
          2 * std::numbers::pi * static_cast<double>(t % period) / static_cast<double>(period);
      // Of the sum of two angles: two calls of the library are enough for all of them.
      const double s = std::sin(angle);
      const double c = std::cos(angle);
      double sine = 0;
      double cosine = 1;
      for (std::size_t k = 0; k < waves; ++k) {
        const double turned = sine * c + cosine * s;
        cosine = cosine * c - sine * s;
        sine = turned;
        x[next++] = sine;
        x[next++] = cosine;
      }
    };
    add_waves(window_.day, kOfDay);
    if (window_.week > 0) add_waves(window_.week, kOfWeek);
    return x;
  }

  const Window& window_;
  double keep_;
  Regression regression_;
  Regression::Vector ridges_{};
  std::size_t count_ = 0;
};

}  // namespace

std::vector<std::unique_ptr<Shape>> make_trend_shapes(const Window& window) {
  std::vector<std::unique_ptr<Shape>> shapes;
  if (window.day == 0) return shapes;
  shapes.push_back(std::make_unique<DampedTrendShape>(window));
  shapes.push_back(std::make_unique<ThetaShape>(window));
  shapes.push_back(std::make_unique<HarmonicShape>(window));
  return shapes;
}

}  // namespace foreshock::coordinator

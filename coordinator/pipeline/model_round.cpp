#include "coordinator/pipeline/model_round.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "common/base/log.h"

namespace foreshock::coordinator {

namespace {

// A training with its back-test costs as much as ten forecasts: so many a round, the others have
// their turn. First versions have no back-test and do not count.
constexpr std::size_t kTrainedPerRound = 16;
constexpr std::size_t kOrigins = 4;
constexpr auto kLeastBetween = std::chrono::minutes(5);

std::size_t known_points(const Series& series) {
  return static_cast<std::size_t>(
      std::ranges::count_if(series.values, [](double value) { return std::isfinite(value); }));
}

Series first_values(const Series& series, std::size_t count) {
  Series cut = series;
  cut.values.resize(count);
  return cut;
}

/// Mean pinball loss over what came after the forecast; none where nothing is known.
std::optional<double> loss_of(const ForecastOrReason& answer, const Series& came) {
  const auto* forecast = std::get_if<Forecast>(&answer);
  if (forecast == nullptr) return std::nullopt;
  const auto from = static_cast<std::size_t>((forecast->start - came.start) / came.step);
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < forecast->quantiles.size() && from + i < came.values.size(); ++i) {
    if (!std::isfinite(came.values[from + i])) continue;
    sum += pinball_loss(forecast->quantiles[i], came.values[from + i]);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

}  // namespace

std::optional<Contest> contest(const Combination& forecaster, const Series& history,
                               std::size_t points, const MemberShares& rival) {
  const std::size_t size = history.values.size();
  const std::size_t first = size - size / 4;
  const auto learned = forecaster.train(first_values(history, first), points);
  if (!learned.shares) return std::nullopt;
  Contest result;
  for (std::size_t k = 0; k < kOrigins; ++k) {
    const Series known = first_values(history, first + k * (size - first) / kOrigins);
    const auto own = forecaster.forecast_with(*learned.shares, known, points);
    const auto other = forecaster.forecast_with(rival, known, points);
    if (!own || !other) continue;
    const auto own_loss = loss_of(*own, history);
    const auto other_loss = loss_of(*other, history);
    if (!own_loss || !other_loss) continue;
    result.loss += *own_loss;
    result.rival_loss += *other_loss;
    ++result.origins;
  }
  if (result.origins == 0) return std::nullopt;
  result.loss /= static_cast<double>(result.origins);
  result.rival_loss /= static_cast<double>(result.origins);
  return result;
}

void ModelRound::note(const std::vector<ScoredPoint>& scored) {
  for (const ScoredPoint& point : scored) drift_.add(point);
}

Result<void> ModelRound::begin() {
  trained_ = 0;
  return take_over_choices();
}

Result<void> ModelRound::take_over_choices() {
  const std::uint64_t changes = parts_.store.changes();
  if (changes_ == changes) return {};
  FS_TRY(const auto choices, parts_.store.choices());
  std::erase_if(served_, [&](const auto& one) { return !choices.contains(one.first); });
  for (const auto& [key, choice] : choices) {
    Served& served = served_[key];
    if (served.version && served.version->version != choice.serving) served.version.reset();
    served.choice = choice;
  }
  changes_ = changes;
  return {};
}

ModelRound::Served* ModelRound::find(const SeriesKey& key) {
  const auto found = served_.find(key);
  if (found == served_.end()) return nullptr;
  Served& served = found->second;
  if (!served.version) {
    auto read = parts_.store.find(key, served.choice.serving);
    if (!read) {
      // One that cannot be read stands in nobody's way: the series is forecast without it.
      if (served.trained_at == WallTime())
        log_warning("model_not_read series=\"{}\" error=\"{}\"", to_string(key),
                    read.error().message());
      return &served;
    }
    served.version = *std::move(read);
    if (served.trained_at < served.version->trained_at) {
      served.trained_at = served.version->trained_at;
      served.trained_points = served.version->points;
    }
  }
  return &served;
}

std::optional<TrainingCause> ModelRound::why_train(const Series& series, const Served* served,
                                                   WallTime now) {
  if (parts_.requests.is_wanted(series.key)) return TrainingCause::person;
  if (served == nullptr) return TrainingCause::first;
  if (trained_ >= kTrainedPerRound) return std::nullopt;
  const auto age = now - served->trained_at;
  if (age < kLeastBetween && now >= served->trained_at) return std::nullopt;
  if (known_points(series) >= 2 * served->trained_points) return TrainingCause::grown;
  if (served->is_unfit) return TrainingCause::unfit;
  if (drift_.has_drifted(series.key)) return TrainingCause::drift;
  if (age >= options_.retrain_interval || now < served->trained_at) return TrainingCause::schedule;
  return std::nullopt;
}

Result<ModelRound::Outcome> ModelRound::forecast(const Series& series, WallTime now) {
  Served* served = find(series.key);
  if (const auto cause = why_train(series, served, now)) {
    FS_CHECK(train(series, *cause, now));
    served = find(series.key);
  }
  const bool is_versioned = served != nullptr && served->version;
  if (is_versioned) {
    auto answer = forecaster_.forecast_with(served->version->shares, series, options_.points);
    served->is_unfit = !answer;
    if (answer) {
      if (auto* forecast = std::get_if<Forecast>(&*answer))
        forecast->version = served->version->version;
      return Outcome{*std::move(answer), served->version->scores};
    }
  }
  auto trained = forecaster_.train(series, options_.points);
  auto* forecast = std::get_if<Forecast>(&trained.forecast);
  if (forecast != nullptr && is_versioned) {
    forecast->caution = fmt::format(
        "version {} of its model is for another horizon or other members, and does not serve",
        served->version->version);
  }
  return Outcome{std::move(trained.forecast), std::move(trained.scores)};
}

Result<void> ModelRound::train(const Series& series, TrainingCause cause, WallTime now) {
  auto outcome = forecaster_.train(series, options_.points);
  parts_.requests.on_done(series.key);
  if (!outcome.shares) return {};  // too short; the forecast says so
  const Served* served = find(series.key);
  ModelVersion made{.key = series.key,
                    .version = 0,
                    .trained_at = now,
                    .cause = cause,
                    .program = FORESHOCK_VERSION,
                    .from = series.start,
                    .to = series.end(),
                    .step = series.step,
                    .points = known_points(series),
                    .horizon = options_.points,
                    .loss = std::nan(""),
                    .rival_loss = std::nan(""),
                    .rival = 0,
                    .is_held_back = false,
                    .reason = "the first one",
                    .scores = std::move(outcome.scores),
                    .shares = *std::move(outcome.shares)};
  if (served != nullptr && served->version) {
    ++trained_;
    made.rival = served->choice.serving;
    made.reason = fmt::format("it cannot be compared with version {}", made.rival);
    if (const auto judged =
            contest(forecaster_, series, options_.points, served->version->shares)) {
      made.loss = judged->loss;
      made.rival_loss = judged->rival_loss;
      made.is_held_back = !judged->is_won();
      made.reason = fmt::format(
          "{} than version {} in the back-test: pinball loss {:.4g} against {:.4g}",
          made.is_held_back ? "worse" : "no worse", made.rival, made.loss, made.rival_loss);
    }
  }
  const bool is_held_back = made.is_held_back;
  const std::string reason = made.reason;
  const std::size_t points = made.points;
  FS_TRY(const auto version, parts_.store.add(std::move(made)));
  log_info("model_trained series=\"{}\" version={} cause={} held_back={} reason=\"{}\"",
           to_string(series.key), version, to_string(cause), is_held_back, reason);
  drift_.forget(series.key);
  FS_CHECK(take_over_choices());
  Served& now_served = served_[series.key];
  now_served.trained_at = now;
  now_served.trained_points = points;
  return {};
}

Result<void> ModelRound::end(const std::vector<Series>& series, WallTime now) {
  std::set<SeriesKey> there;
  for (const auto& one : series) there.insert(one.key);
  parts_.requests.close_round(there);
  return parts_.store.forget_before(now - options_.max_age);
}

}  // namespace foreshock::coordinator

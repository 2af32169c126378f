#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "coordinator/lead/lead_finder.h"

namespace foreshock::coordinator {

namespace {

/// An interval that holds 80 % of a normal distribution is this many standard deviations to each
/// side.
constexpr double kDeviationsOf80 = 1.2815515655446004;
/// A contribution that nobody would notice is not named.
constexpr double kLeastChance = 0.025;

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::chrono::nanoseconds nanoseconds(double s) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(s * 1e9));
}

double normal_below(double x, double mean, double deviation) {
  return 0.5 * std::erfc((mean - x) / (deviation * std::numbers::sqrt2));
}

/// The load that one sighting announces; times are seconds after the forecast's start.
struct Announced {
  const LeadCommand* lead;
  double onset_s;
  double deviation_s;

  /// Chance that the load is on at some time within [from, to), its onset not before the forecast's
  /// start.
  double chance_within(double from, double to) const {
    const double earliest = std::max(0.0, from - lead->duration_s);
    if (to <= earliest) return 0;
    return lead->precision *
           (normal_below(to, onset_s, deviation_s) - normal_below(earliest, onset_s, deviation_s));
  }
};

/// Quantile of what is added: the effect with the given chance, else nothing.
double added_at(const LeadCommand& lead, double chance, double level) {
  const double nothing = 1 - chance;
  if (chance <= 0 || level <= nothing) return 0;
  return std::max(0.0, quantile_at(lead.effect_quantiles, (level - nothing) / chance));
}

/// Adds to every step; @return the largest chance within any of them.
double add_to(Forecast& forecast, const Announced& announced) {
  const double step_s = seconds(forecast.step);
  double largest = 0;
  for (std::size_t i = 0; i < forecast.quantiles.size(); ++i) {
    const double from = step_s * static_cast<double>(i);
    const double chance = announced.chance_within(from, from + step_s);
    largest = std::max(largest, chance);
    if (i < forecast.mean.size()) forecast.mean[i] += chance * announced.lead->effect;
    for (std::size_t q = 0; q < kQuantileLevels.size(); ++q) {
      // The two parts are taken to be high together: wider than independence, never too narrow.
      forecast.quantiles[i][q] += added_at(*announced.lead, chance, kQuantileLevels[q]);
    }
  }
  return largest;
}

}  // namespace

Forecast with_leads(Forecast forecast, const std::vector<LeadSighting>& sightings) {
  std::vector<LeadSighting> ours;
  for (const LeadSighting& sighting : sightings) {
    if (sighting.lead.target == forecast.key) ours.push_back(sighting);
  }
  std::sort(ours.begin(), ours.end(), [](const LeadSighting& a, const LeadSighting& b) {
    return std::tie(a.lead.signature, a.seen) < std::tie(b.lead.signature, b.seen);
  });
  const std::vector<Quantiles> before = forecast.quantiles;
  const LeadSighting* last = nullptr;
  for (const LeadSighting& sighting : ours) {
    const bool again = last != nullptr && last->lead.signature == sighting.lead.signature &&
                       sighting.seen - last->seen < std::chrono::seconds(1);
    if (again) continue;
    last = &sighting;
    const LeadCommand& lead = sighting.lead;
    const Announced announced{
        .lead = &lead,
        .onset_s = seconds(sighting.seen - forecast.start) + lead.lag_s,
        .deviation_s = std::max(lead.lag_spread_s / kDeviationsOf80, seconds(forecast.step) / 4)};
    if (add_to(forecast, announced) < kLeastChance) continue;
    const WallTime onset = sighting.seen + nanoseconds(lead.lag_s);
    forecast.leads.push_back({.signature = lead.signature,
                              .seen = sighting.seen,
                              .expected_onset = onset,
                              .expected_end = onset + nanoseconds(lead.duration_s),
                              .effect = lead.effect});
  }
  if (forecast.leads.empty()) return forecast;
  if (forecast.quantiles_without_leads.empty()) forecast.quantiles_without_leads = before;
  forecast.model += "+leads";
  return forecast;
}

}  // namespace foreshock::coordinator

#include "coordinator/decide/explanation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/base/bytes.h"
#include "common/text/display.h"

namespace foreshock::coordinator {

namespace {

// ordered: people read it too.
using Json = nlohmann::ordered_json;

/// In floating point: a host's clock may say anything, and must not overflow.
double seconds_between(WallTime from, WallTime to) {
  return (static_cast<double>(to_ns(to)) - static_cast<double>(to_ns(from))) / 1e9;
}

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string_view unit_of_knob(Knob knob) {
  switch (knob) {
    case Knob::cpu_max:
      return "millicores";
    case Knob::cpu_weight:
      return "weight";
    case Knob::memory_high:
    case Knob::memory_max:
      return "bytes";
    case Knob::unknown:
      break;
  }
  return "";
}

Json inputs_json(const Facts& facts) {
  Json inputs;
  inputs["limit"] = or_null(facts.current_limit);
  inputs["live_use"] = or_null(facts.live_use);
  inputs["working_set"] = or_null(facts.working_set);
  inputs["throttled"] = facts.throttled;
  inputs["sample_age_s"] = facts.sample_age
                               ? Json(std::chrono::duration<double>(*facts.sample_age).count())
                               : Json(nullptr);
  inputs["losses_last_minute"] = facts.losses;
  inputs["recent_peak_want"] = or_null(facts.recent_peak_want);
  inputs["last_lowered"] =
      facts.last_lowered ? Json(format_utc(*facts.last_lowered)) : Json(nullptr);
  return inputs;
}

/// The index of the highest upper band in each of kBandParts parts: what a limit has to hold.
std::vector<std::size_t> sample_band(const Forecast& forecast) {
  const std::size_t count = std::min(forecast.mean.size(), forecast.quantiles.size());
  const std::size_t parts = std::min(count, kBandParts);
  std::vector<std::size_t> sampled;
  for (std::size_t part = 0; part < parts; ++part) {
    std::size_t highest = part * count / parts;
    for (std::size_t i = highest; i < (part + 1) * count / parts; ++i) {
      if (forecast.quantiles[i].back() > forecast.quantiles[highest].back()) highest = i;
    }
    sampled.push_back(highest);
  }
  return sampled;
}

Json band_json(const Forecast& forecast) {
  Json band = Json::array();
  for (const std::size_t i : sample_band(forecast)) {
    Json point;
    point["at"] = format_utc(forecast.start + forecast.step * static_cast<std::int64_t>(i));
    point["mean"] = forecast.mean[i];
    point["quantiles"] = forecast.quantiles[i];
    band.push_back(std::move(point));
  }
  return band;
}

Json leads_json(const Forecast& forecast, WallTime now) {
  Json leads = Json::array();
  for (const LeadContribution& lead : forecast.leads) {
    Json entry;
    entry["signature"] = lead.signature;
    entry["seen"] = format_utc(lead.seen);
    entry["seen_ago_s"] = seconds_between(lead.seen, now);
    entry["expected_onset"] = format_utc(lead.expected_onset);
    entry["expected_onset_in_s"] = seconds_between(now, lead.expected_onset);
    entry["expected_end"] = format_utc(lead.expected_end);
    entry["effect"] = lead.effect;
    leads.push_back(std::move(entry));
  }
  return leads;
}

Json forecast_json(const Facts& facts) {
  Json json;
  if (!facts.forecast) {
    json["none_because"] = facts.no_forecast_reason;
    return json;
  }
  const Forecast& forecast = *facts.forecast;
  json["model"] = forecast.model;
  json["series"] = to_string(forecast.key);
  json["unit"] = unit_of(forecast.key.quantity);
  json["made_at"] = format_utc(forecast.made_at);
  json["step_s"] = std::chrono::duration<double>(forecast.step).count();
  json["points"] = forecast.mean.size();
  json["quantile_levels"] = kQuantileLevels;
  json["band"] = band_json(forecast);
  json["leads"] = leads_json(forecast, facts.now);
  return json;
}

Json candidates_json(const Decision& decision) {
  Json candidates = Json::array();
  for (const Candidate& candidate : decision.candidates) {
    Json entry;
    entry["source"] = candidate.source;
    entry["capacity"] = candidate.capacity;
    entry["explanation"] = candidate.explanation;
    candidates.push_back(std::move(entry));
  }
  return candidates;
}

Json clips_json(const Decision& decision) {
  Json clips = Json::array();
  for (const Clip& clip : decision.clips) {
    Json entry;
    entry["rule"] = clip.rule;
    entry["before"] = clip.before;
    entry["after"] = clip.after;
    entry["explanation"] = clip.explanation;
    clips.push_back(std::move(entry));
  }
  return clips;
}

Json action_json(const Decision& decision) {
  if (!decision.action) return nullptr;
  Json action;
  action["cgroup"] = decision.action->target.path;
  action["cgroup_id"] = decision.action->target.id;
  action["knob"] = to_string(decision.action->knob);
  action["value"] = or_null(decision.action->value);
  return action;
}

Json reflex_json(const Decision& decision) {
  if (!decision.reflex) return nullptr;
  const Reflex& reflex = *decision.reflex;
  Json json;
  json["name"] = reflex.name;
  json["signature"] = reflex.signature;
  json["executable"] = fmt::format("{}", fmt::join(reflex.base_names, ", "));
  json["cgroup"] = reflex.adjustment.target.path;
  json["cgroup_id"] = reflex.adjustment.target.id;
  json["knob"] = to_string(reflex.adjustment.knob);
  json["value"] = or_null(reflex.adjustment.value);
  json["window_s"] = std::chrono::duration<double>(reflex.window).count();
  json["expires"] = format_utc(reflex.expires);
  json["dry_run"] = reflex.dry_run;
  return json;
}

}  // namespace

std::string to_json_text(const Decision& decision) {
  const Facts& facts = decision.facts;
  Json json;
  json["time"] = format_utc(facts.now);
  json["policy"] = decision.policy;
  json["mode"] = to_string(decision.mode);
  json["host_id"] = facts.workload.host;
  json["host"] = facts.host_name;
  json["cgroup"] = facts.workload.cgroup;
  json["cgroup_id"] = facts.cgroup_id;
  json["knob"] = to_string(decision.knob);
  json["unit"] = unit_of_knob(decision.knob);
  json["outcome"] = to_string(decision.outcome);
  json["wanted"] = decision.wanted;
  json["winner"] = decision.winner;
  json["reason"] = decision.reason;
  json["counter_factual"] = decision.counter_factual;
  json["inputs"] = inputs_json(facts);
  json["forecast"] = forecast_json(facts);
  json["candidates"] = candidates_json(decision);
  json["clips"] = clips_json(decision);
  json["action"] = action_json(decision);
  json["reflex"] = reflex_json(decision);
  json["disarms"] = or_null(decision.disarms);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

std::string text_of(const Json& json, const char* key) {
  return make_printable(json.at(key).get<std::string>());
}

/// Writes the page for people, section by section.
class Page {
 public:
  Page(const DecisionRow& row, const Json& details)
      : row_(row), details_(details), knob_(parse_knob(row.knob).value_or(Knob::unknown)) {}

  std::string write() {
    write_head();
    write_inputs();
    write_forecast();
    write_candidates();
    write_clips();
    write_reflex();
    write_result();
    return std::move(page_);
  }

 private:
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(page_), format, std::forward<Args>(args)...);
    page_ += '\n';
  }

  std::string capacity(const KnobValue& value) const { return format_knob_value(knob_, value); }
  std::string capacity(const Json& value) const {
    return capacity(value.is_null() ? KnobValue() : KnobValue(value.get<std::uint64_t>()));
  }
  /// An input that may be unknown; `max` would say that it is known to be unlimited.
  std::string known_capacity(const Json& value) const {
    return value.is_null() ? "unknown" : capacity(value);
  }

  /// A forecast's value, in the unit of its series.
  std::string amount(const Json& value) const {
    if (value.is_null()) return "unknown";
    const double number = value.get<double>();
    const std::string unit = details_.at("forecast").at("unit").get<std::string>();
    if (unit == "bytes") return format_bytes(number > 0 ? static_cast<std::uint64_t>(number) : 0);
    return fmt::format("{:.3f}", number);
  }

  void write_head() {
    line("decision {}: {} {} of {} on {}", row_.id, row_.outcome, row_.knob,
         make_printable(row_.cgroup), make_printable(row_.host_name));
    line("  time        {}", format_utc(row_.time));
    line("  policy      {} ({})", make_printable(row_.policy), row_.mode);
    line("  limit       {} -> {}", capacity(row_.before), capacity(KnobValue(row_.wanted)));
    line("  why         {}", make_printable(row_.reason));
    line("  without the forecast");
    line("              {}", text_of(details_, "counter_factual"));
  }

  void write_inputs() {
    const Json& inputs = details_.at("inputs");
    line("");
    line("inputs");
    line("  limit now         {}", capacity(inputs.at("limit")));
    line("  use               {}{}", known_capacity(inputs.at("live_use")),
         inputs.at("throttled").get<bool>() ? ", held back by its limit" : "");
    if (!inputs.at("working_set").is_null())
      line("  working set       {}", capacity(inputs.at("working_set")));
    if (inputs.at("sample_age_s").is_null()) {
      line("  newest sample     none");
    } else {
      line("  newest sample     {:.1f} s old", inputs.at("sample_age_s").get<double>());
    }
    line("  records lost      {} in the last minute",
         inputs.at("losses_last_minute").get<std::uint64_t>());
    if (!inputs.at("recent_peak_want").is_null()) {
      line("  wanted lately     {} at most", capacity(inputs.at("recent_peak_want")));
    }
    if (!inputs.at("last_lowered").is_null())
      line("  last lowered      {}", text_of(inputs, "last_lowered"));
  }

  void write_forecast() {
    const Json& forecast = details_.at("forecast");
    line("");
    if (forecast.contains("none_because")) {
      line("forecast: none, {}", text_of(forecast, "none_because"));
      return;
    }
    line("forecast of {} in {}: model {}, made {}", text_of(forecast, "series"),
         text_of(forecast, "unit"), text_of(forecast, "model"), text_of(forecast, "made_at"));
    line("  {:<24}  {:>10}  {:>10}  {:>10}  {:>10}", "at", "10 %", "median", "mean", "90 %");
    for (const Json& point : forecast.at("band")) {
      const Json& quantiles = point.at("quantiles");
      line("  {:<24}  {:>10}  {:>10}  {:>10}  {:>10}", text_of(point, "at"),
           amount(quantiles.at(2)), amount(quantiles.at(3)), amount(point.at("mean")),
           amount(quantiles.at(4)));
    }
    for (const Json& lead : forecast.at("leads")) {
      line("  lead command      {}", text_of(lead, "signature"));
      const double seen_ago = lead.at("seen_ago_s").get<double>();
      const bool is_planned = seen_ago < 0;
      line(
          "                    {} {:.1f} s {} this decision; load expected {:.1f} s after it "
          "({}) until {}, {} "
          "more",
          is_planned ? "planned" : "seen", std::abs(seen_ago), is_planned ? "after" : "before",
          lead.at("expected_onset_in_s").get<double>(), text_of(lead, "expected_onset"),
          text_of(lead, "expected_end"), amount(lead.at("effect")));
    }
  }

  void write_candidates() {
    line("");
    line("candidates");
    const std::string winner = details_.at("winner").get<std::string>();
    for (const Json& candidate : details_.at("candidates")) {
      const std::string source = candidate.at("source").get<std::string>();
      line("  {} {:<14} {:>12}  {}", source == winner ? '*' : ' ', make_printable(source),
           capacity(candidate.at("capacity")), text_of(candidate, "explanation"));
    }
  }

  void write_clips() {
    line("");
    if (details_.at("clips").empty()) {
      line("clips: none");
      return;
    }
    line("clips");
    for (const Json& clip : details_.at("clips")) {
      line("    {:<14} {} -> {}  {}", text_of(clip, "rule"), capacity(clip.at("before")),
           capacity(clip.at("after")), text_of(clip, "explanation"));
    }
  }

  void write_result() {
    line("");
    if (!row_.action_outcome) {
      line("result: {}", result_without_outcome());
      return;
    }
    const ActionOutcome& outcome = *row_.action_outcome;
    line("result: {}{}", to_string(outcome.status),
         outcome.refusal == Refusal::none ? "" : fmt::format(", {}", to_string(outcome.refusal)));
    line("  limit             {} -> {} (asked for {})", capacity(outcome.before),
         capacity(outcome.after), capacity(outcome.requested));
    line("  when              {}, {:.3f} s after the decision", format_utc(outcome.time),
         seconds_between(row_.time, outcome.time));
    if (const auto ahead = seconds_ahead_of_load(outcome)) {
      line("  ahead of the load {:.1f} s", *ahead);
    }
    if (!outcome.detail.empty()) line("  detail            {}", make_printable(outcome.detail));
  }

  void write_reflex() {
    const auto reflex = details_.find("reflex");
    if (reflex == details_.end() || reflex->is_null()) return;
    line("");
    line("reflex");
    line("  when              `{}` is executed ({})", text_of(*reflex, "signature"),
         text_of(*reflex, "executable"));
    line("  then              {} at least {}, taken back {:g} s after the last run{}",
         text_of(*reflex, "knob"), capacity(reflex->at("value")),
         reflex->at("window_s").get<double>(),
         reflex->at("dry_run").get<bool>() ? "; a dry run: nothing is changed" : "");
    line("  until             {}", text_of(*reflex, "expires"));
    line("  what happened, newest first");
    for (const ActionOutcome& outcome : row_.outcomes) {
      const std::string after =
          outcome.reaction ? fmt::format(", {:.0f} µs after the exec",
                                         static_cast<double>(outcome.reaction->count()) / 1e3)
                           : "";
      line("    {}  {:<10} {:<8} {} -> {}{}{}{}", format_utc(outcome.time),
           to_string(outcome.cause), to_string(outcome.status), capacity(outcome.before),
           capacity(outcome.status == ActionStatus::dry_run ? outcome.requested : outcome.after),
           after, outcome.detail.empty() ? "" : "  ", make_printable(outcome.detail));
    }
  }

  std::string_view result_without_outcome() const {
    if (details_.at("action").is_null()) return "nothing to do";
    return row_.mode == "observe" ? "only observed: its policy does not act"
                                  : "not reported by the agent yet";
  }

  /// From the change in the host to the first load that a lead command announces; nothing when none
  /// was ahead.
  std::optional<double> seconds_ahead_of_load(const ActionOutcome& outcome) const {
    const Json& forecast = details_.at("forecast");
    if (!forecast.contains("leads") || outcome.status != ActionStatus::applied) return std::nullopt;
    const double applied = seconds_between(row_.time, outcome.time);
    std::optional<double> first;
    for (const Json& lead : forecast.at("leads")) {
      const double ahead = lead.at("expected_onset_in_s").get<double>() - applied;
      if (ahead > 0 && (!first || ahead < *first)) first = ahead;
    }
    return first;
  }

  const DecisionRow& row_;
  const Json& details_;
  const Knob knob_;
  std::string page_;
};

}  // namespace

Result<std::string> explain(const DecisionRow& row) {
  try {
    const Json details = Json::parse(row.details);
    return Page(row, details).write();
  } catch (const Json::exception& problem) {
    return Error(ErrorCode::corrupt,
                 fmt::format("explain decision {}: {}", row.id, problem.what()));
  }
}

}  // namespace foreshock::coordinator

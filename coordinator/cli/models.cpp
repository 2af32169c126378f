// models: versions of the models of series, and which of them serve.
#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

std::string loss_of(const Json& json, const char* key) {
  const auto loss = number_of(json, key);
  return loss ? fmt::format("{:.4g}", *loss) : "-";
}

std::string percent(const Json& json, const char* key) {
  const auto share = number_of(json, key);
  return share ? fmt::format("{:.0f} %", *share * 100) : "-";
}

TextCell state_cell(const Json& model) {
  const auto state = raw_words_of(model, "state");
  return {state, state == "pinned"      ? Tint::warning
                 : state == "serves"    ? Tint::good
                 : state == "held back" ? Tint::bad
                                        : Tint::none};
}

std::string render_head(const Json& model, const View& view) {
  std::string text =
      tinted(fmt::format("{} of {} on {}, version {}: {}", words_of(model, "quantity"),
                         make_printable(workload_of(model)), words_of(model, "host"),
                         count_of(model, "version"), words_of(model, "state")),
             Tint::strong, view.style) +
      "\n";
  text += fmt::format("trained {} by {} ({}), on {} values {} s apart, {} to {}\n",
                      ago_of(model, "trained_at", view), "foreshock " + words_of(model, "program"),
                      words_of(model, "cause"), count_of(model, "points"),
                      number_of(model, "step_s").value_or(0), words_of(model, "from"),
                      words_of(model, "to"));
  return text + fmt::format("{}\n", words_of(model, "reason"));
}

std::string render_members(const Json& model, const View& view) {
  TextTable table({{"MEMBER"},
                   {"AHEAD", kRight},
                   {"SHARE", kRight},
                   {"PINBALL LOSS", kRight},
                   {"OF NAIVE", kRight},
                   {"IN 80 %", kRight},
                   {"IN 95 %", kRight},
                   {"POINTS", kRight},
                   {"BEATS NAIVE"}});
  for (const auto& member : model.at("members")) {
    table.add_row({raw_words_of(member, "model"), "all", percent(member, "weight"),
                   loss_of(member, "pinball"), loss_of(member, "scaled_error"),
                   percent(member, "coverage80"), percent(member, "coverage95"),
                   std::to_string(count_of(member, "points")),
                   member.at("beats_naive").get<bool>() ? "yes" : "no"});
    for (const auto& range : member.at("ranges")) {
      table.add_row({"", "to " + seconds_of(range, "up_to_s"), "", loss_of(range, "pinball"), "",
                     percent(range, "coverage80"), percent(range, "coverage95"),
                     std::to_string(count_of(range, "points")), ""});
    }
  }
  return "\n" + table.render(view.style);
}

/// The members of both, beside each other.
std::string render_side_by_side(const Json& one, const Json& other, const View& view) {
  const auto name = [](const Json& model) {
    return fmt::format("VERSION {}", count_of(model, "version"));
  };
  TextTable table({{"MEMBER"},
                   {name(one) + " LOSS", kRight},
                   {"SHARE", kRight},
                   {name(other) + " LOSS", kRight},
                   {"SHARE", kRight}});
  const auto find = [](const Json& model, const std::string& wanted) -> const Json* {
    for (const auto& member : model.at("members")) {
      if (raw_words_of(member, "model") == wanted) return &member;
    }
    return nullptr;
  };
  const auto cells = [](const Json* member, const char* key, auto format) {
    return member == nullptr ? std::string("-") : format(*member, key);
  };
  for (const auto& member : one.at("members")) {
    const auto* beside = find(other, raw_words_of(member, "model"));
    table.add_row({raw_words_of(member, "model"), loss_of(member, "pinball"),
                   percent(member, "weight"), cells(beside, "pinball", loss_of),
                   cells(beside, "weight", percent)});
  }
  for (const auto& member : other.at("members")) {
    if (find(one, raw_words_of(member, "model")) != nullptr) continue;
    table.add_row({raw_words_of(member, "model"), "-", "-", loss_of(member, "pinball"),
                   percent(member, "weight")});
  }
  return "\n" + table.render(view.style);
}

}  // namespace

std::string show_models(const Json& reply, const View& view) {
  TextTable table({{"HOST"},
                   {"WORKLOAD"},
                   {"QUANTITY"},
                   {"VERSION", kRight},
                   {"STATE"},
                   {"TRAINED", kRight},
                   {"CAUSE"},
                   {"VALUES", kRight},
                   {"LOSS", kRight},
                   {"RIVAL'S", kRight},
                   {"WHY"}});
  for (const auto& model : reply.at("models")) {
    table.add_row({raw_words_of(model, "host"), workload_of(model), raw_words_of(model, "quantity"),
                   std::to_string(count_of(model, "version")), state_cell(model),
                   ago_of(model, "trained_at", view), raw_words_of(model, "cause"),
                   std::to_string(count_of(model, "points")), loss_of(model, "backtest_loss"),
                   loss_of(model, "rival_loss"), raw_words_of(model, "reason")});
  }
  return table.empty() ? "no model was trained yet: a series needs sixty values first\n"
                       : table.render(view.style);
}

std::string show_model(const Json& reply, const View& view) {
  return render_head(reply, view) + render_members(reply, view);
}

std::string show_model_state(const Json& reply, const View& view) {
  return render_head(reply, view);
}

std::string show_compared_models(const Json& reply, const View& view) {
  const Json& one = reply.at("compared").at(0);
  const Json& other = reply.at("compared").at(1);
  return render_head(one, view) + render_head(other, view) + render_side_by_side(one, other, view);
}

std::string show_retraining(const Json& reply, const View&) {
  return fmt::format("{} of {} series trained anew; \"models --all\" says what came of it\n",
                     count_of(reply, "done"), count_of(reply, "asked"));
}

}  // namespace foreshock::coordinator

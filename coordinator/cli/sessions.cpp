// sequence next: what users run now, and what is likely next.
#include <algorithm>

#include <fmt/format.h>

#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;
constexpr std::size_t kShownNext = 2;
constexpr double kUnusual = 4;  // deviations

std::string next_of(const Json& session) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& next : session.at("next")) {
    if (shown++ == kShownNext) break;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {:.0f} %", raw_words_of(next, "command"),
                        number_of(next, "likelihood").value_or(0) * 100);
  }
  return text.empty() ? "-" : text;
}

/// How much what is typed is like a stranger's.
TextCell stranger_of(const Json& session) {
  const auto score = number_of(session, "masquerade");
  if (!score) return {"-"};
  return TextCell(fmt::format("{:.0f} %", 100 * std::max(*score, 0.0)),
                  *score >= 1 ? Tint::bad : Tint::none);
}

}  // namespace

std::string show_sessions(const Json& reply, const View& view) {
  TextTable table({{"HOST"},
                   {"UID", kRight},
                   {"SEEN", kRight},
                   {"KIND"},
                   {"BITS", kRight},
                   {"USUALLY", kRight},
                   {"STRANGER", kRight},
                   {"LAST"},
                   {"NEXT"}});
  for (const auto& session : reply.at("sessions")) {
    const bool unusual = number_of(session, "unusual").value_or(0) >= kUnusual;
    table.add_row({raw_words_of(session, "host"), std::to_string(count_of(session, "uid")),
                   ago_of(session, "last_seen", view), raw_words_of(session, "kind"),
                   TextCell(fmt::format("{:.1f}", number_of(session, "surprise_bits").value_or(0)),
                            unusual ? Tint::bad : Tint::none),
                   fmt::format("{:.1f}", number_of(session, "usual_bits").value_or(0)),
                   stranger_of(session), raw_words_of(session, "last_command"), next_of(session)});
  }
  return table.empty() ? "nobody ran a command in the last half hour\n" : table.render(view.style);
}

}  // namespace foreshock::coordinator

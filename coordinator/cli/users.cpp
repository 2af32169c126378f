// users, profile: who runs what, when, and how much of it.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

/// A bar of eighths for each number.
std::string draw_bars(const Json& numbers) {
  constexpr std::array<const char*, 9> kBars = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::uint64_t most = 1;
  for (const auto& number : numbers) most = std::max(most, number.get<std::uint64_t>());
  std::string text;
  for (const auto& number : numbers) {
    const double share =
        static_cast<double>(number.get<std::uint64_t>()) / static_cast<double>(most);
    // What was there at all shows.
    const auto height = static_cast<std::size_t>(share * 8 + (share > 0 ? .999 : 0));
    text += kBars.at(std::min<std::size_t>(height, 8));
  }
  return text;
}

std::string hours_of(const Json& profile) {
  const Json& hours = profile.at("usual_hours");
  const auto first = count_of(hours, "first");
  const auto count = count_of(hours, "count");
  return count >= 24 ? "around the clock"
                     : fmt::format("{:02}:00 to {:02}:00 UTC", first, (first + count) % 24);
}

std::string render_commands(const Json& profile, const View& view) {
  TextTable table(
      {{"COMMAND"}, {"RUNS", kRight}, {"CPU", kRight}, {"PEAK MEMORY", kRight}, {"LAST", kRight}});
  for (const auto& one : profile.at("top_commands")) {
    table.add_row({raw_words_of(one, "signature"), std::to_string(count_of(one, "runs")),
                   seconds_of(one, "cpu_s"), bytes_of(one, "peak_rss_bytes"),
                   ago_of(one, "last_seen", view)});
  }
  return table.render(view.style);
}

std::string render_places(const Json& profile, const View& view) {
  TextTable table({{"HOST"}, {"WORKLOAD"}, {"RUNS", kRight}});
  for (const auto& one : profile.at("places"))
    table.add_row(
        {raw_words_of(one, "host"), workload_of(one), std::to_string(count_of(one, "runs"))});
  return table.render(view.style);
}

}  // namespace

std::string show_users(const Json& reply, const View& view) {
  TextTable table({{"UID", kRight},
                   {"COMMANDS", kRight},
                   {"CPU", kRight},
                   {"HOSTS", kRight},
                   {"FIRST", kRight},
                   {"LAST", kRight}});
  for (const auto& user : reply.at("users")) {
    table.add_row({std::to_string(count_of(user, "uid")),
                   std::to_string(count_of(user, "commands")), seconds_of(user, "cpu_s"),
                   std::to_string(count_of(user, "hosts")), ago_of(user, "first_seen", view),
                   ago_of(user, "last_seen", view)});
  }
  return table.empty()
             ? fmt::format("nobody ran a command in the last {} days\n", count_of(reply, "days"))
             : table.render(view.style);
}

std::string show_profile(const Json& profile, const View& view) {
  std::string text =
      tinted(fmt::format("user {}: {} commands of {} kinds in {} days", count_of(profile, "uid"),
                         count_of(profile, "commands"), count_of(profile, "different_commands"),
                         count_of(profile, "active_days")),
             Tint::strong, view.style) +
      "\n";
  if (profile.at("cut").get<bool>()) text += "there was more: the newest are shown\n";
  text += fmt::format("usual hours   {}   |{}|  0 to 23 UTC\n", hours_of(profile),
                      draw_bars(profile.at("by_hour")));
  text +=
      fmt::format("weekdays      |{}|  Monday to Sunday\n", draw_bars(profile.at("by_weekday")));
  text += fmt::format(
      "usual load    {} of CPU a day, {} on the busiest; peak memory {}; {} read, {} "
      "written\n",
      seconds_of(profile, "cpu_s_per_active_day"), seconds_of(profile, "busiest_day_cpu_s"),
      bytes_of(profile, "peak_rss_bytes"), bytes_of(profile, "read_bytes"),
      bytes_of(profile, "written_bytes"));
  text += fmt::format("typed         {} on a terminal; {} failed\n", count_of(profile, "typed"),
                      count_of(profile, "failed"));
  std::string tags;
  for (const auto& tag : profile.at("tags"))
    tags += (tags.empty() ? "" : ", ") + make_printable(tag.get<std::string>());
  text += fmt::format("tags          {}\n\n", tags.empty() ? "none" : tags);
  return text + render_commands(profile, view) + "\n" + render_places(profile, view);
}

}  // namespace foreshock::coordinator

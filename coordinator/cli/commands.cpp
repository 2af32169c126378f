// commands: what was executed.
#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

std::string join_words(const Json& argv) {
  std::string joined;
  for (const auto& word : argv) joined += (joined.empty() ? "" : " ") + word.get<std::string>();
  return joined;
}

std::string describe_end(const Json& command) {
  if (const auto signal = number_of(command, "signal"))
    return fmt::format("signal {:.0f}", *signal);
  if (const auto code = number_of(command, "exit_code")) return fmt::format("{:.0f}", *code);
  return "-";
}

TextCell end_cell(const Json& command) {
  const auto text = describe_end(command);
  return {text, text == "0" || text == "-" ? Tint::none : Tint::warning};
}

}  // namespace

std::string show_commands(const Json& reply, const View& view) {
  TextTable table({{"WHEN", kRight},
                   {"HOST"},
                   {"PID", kRight},
                   {"CPU", kRight},
                   {"MEMORY", kRight},
                   {"TOOK", kRight},
                   {"EXIT", kRight},
                   {"WORKLOAD"},
                   {"COMMAND"}});
  for (const auto& command : reply.at("commands")) {
    const auto argv = join_words(command.at("argv"));
    table.add_row({ago_of(command, "time", view), raw_words_of(command, "host"),
                   std::to_string(count_of(command, "pid")), seconds_of(command, "cpu_s"),
                   bytes_of(command, "peak_rss_bytes"), seconds_of(command, "duration_s"),
                   end_cell(command), workload_of(command),
                   argv.empty() ? raw_words_of(command, "comm") : argv});
  }
  return table.empty() ? "no command matches\n" : table.render(view.style);
}

}  // namespace foreshock::coordinator

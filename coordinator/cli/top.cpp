// top, storms: what commands used together, and workloads that start too many of them.
#include <string>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

/// Of what is in no workload: "-".
std::string cgroup_of(const Json& row) {
  const auto cgroup = raw_words_of(row, "workload");
  return cgroup.empty() ? "-" : cgroup;
}

}  // namespace

std::string show_top(const Json& reply, const View& view) {
  TextTable table({{"CPU", kRight},
                   {"MEMORY", kRight},
                   {"READ", kRight},
                   {"WRITTEN", kRight},
                   {"FAULTS", kRight},
                   {"RUNNING", kRight},
                   {"ENDED", kRight},
                   {"FAILED", kRight},
                   {"COUNTED", kRight},
                   {"COMMAND"},
                   {"HOST"},
                   {"WORKLOAD"}});
  for (const auto& row : reply.at("commands")) {
    table.add_row(
        {seconds_of(row, "cpu_s"), bytes_of(row, "rss_bytes"), bytes_of(row, "read_bytes"),
         bytes_of(row, "written_bytes"), std::to_string(count_of(row, "major_faults")),
         std::to_string(count_of(row, "running")), std::to_string(count_of(row, "ended")),
         std::to_string(count_of(row, "failed")), std::to_string(count_of(row, "withheld")),
         raw_words_of(row, "signature"), raw_words_of(row, "host"), cgroup_of(row)});
  }
  return table.empty() ? "no command has used anything in this time\n" : table.render(view.style);
}

std::string show_storms(const Json& reply, const View& view) {
  TextTable table(
      {{"BEGAN", kRight}, {"ENDED", kRight}, {"COUNTED ONLY", kRight}, {"HOST"}, {"WORKLOAD"}});
  for (const auto& row : reply.at("storms")) {
    table.add_row({ago_of(row, "began", view),
                   row.at("ended").is_null() ? "goes on" : ago_of(row, "ended", view),
                   std::to_string(count_of(row, "withheld")), raw_words_of(row, "host"),
                   cgroup_of(row)});
  }
  return table.empty() ? "no exec storm\n" : table.render(view.style);
}

}  // namespace foreshock::coordinator

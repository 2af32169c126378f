#include "agent/event_lines/top_commands.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/text/display.h"

namespace foreshock::agent {

namespace {

std::string name_of(const Execution& execution) {
  const auto slash = execution.filename.rfind('/');
  const auto name =
      slash == std::string::npos ? execution.filename : execution.filename.substr(slash + 1);
  return name.empty() ? "(" + execution.facts.comm + ")" : name;
}

}  // namespace

void TopCommands::add(const Execution& ended) {
  auto name = name_of(ended);
  if (sums_.size() >= most_ && !sums_.contains(name)) name = "(other)";
  Sum& sum = sums_[name];
  sum.command = name;
  ++sum.count;
  sum.failed += ended.end->wait_status == 0 ? 0 : 1;
  sum.cpu += ended.end->use.cpu;
  sum.elapsed += std::max(ended.end->time - ended.exec_time, Nanoseconds::zero());
  sum.peak_rss = std::max(sum.peak_rss, ended.end->use.peak_rss);
  sum.written.count += ended.end->use.written_bytes.count;
}

std::vector<TopCommands::Sum> TopCommands::top(std::size_t count) const {
  std::vector<Sum> sums;
  sums.reserve(sums_.size());
  for (const auto& [name, sum] : sums_) sums.push_back(sum);
  std::ranges::sort(sums, [](const Sum& a, const Sum& b) {
    return std::tie(b.cpu, a.command) < std::tie(a.cpu, b.command);
  });
  sums.resize(std::min(sums.size(), count));
  return sums;
}

std::string TopCommands::render(std::size_t count, const TextStyle& style) const {
  constexpr auto kRight = TextColumn::Align::right;
  TextTable table({{"COUNT", kRight},
                   {"FAILED", kRight},
                   {"CPU", kRight},
                   {"ELAPSED", kRight},
                   {"PEAK RSS", kRight},
                   {"WRITTEN", kRight},
                   {"COMMAND"}});
  for (const auto& sum : top(count)) {
    table.add_row({std::to_string(sum.count),
                   {std::to_string(sum.failed), sum.failed > 0 ? Tint::warning : Tint::none},
                   format_duration(sum.cpu),
                   format_duration(sum.elapsed),
                   format_bytes(sum.peak_rss.count),
                   format_bytes(sum.written.count),
                   sum.command});
  }
  return table.empty() ? "" : table.render(style);
}

}  // namespace foreshock::agent

// binaries: what the executed binaries are like.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

/// "load 31 %, arithmetic 28 %, branch 18 %".
std::string mostly(const Json& binary) {
  std::vector<std::pair<double, std::string>> shares;
  for (const auto& [kind, share] : binary.at("mix").items())
    shares.emplace_back(share.get<double>(), kind);
  std::ranges::sort(shares, std::ranges::greater());
  std::string text;
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < std::min(shares.size(), kShown); ++i) {
    if (shares[i].first <= 0) break;
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", shares[i].second,
                        100 * shares[i].first);
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::string show_binaries(const Json& reply, const View& view) {
  TextTable table({{"PATH"},
                   {"BUILD ID"},
                   {"SIZE", kRight},
                   {"CODE", kRight},
                   {"CYCLES", kRight},
                   {"COMPLEXITY", kRight},
                   {"LIBRARIES", kRight},
                   {"MOSTLY"},
                   {"LAST", kRight}});
  for (const auto& binary : reply.at("binaries")) {
    table.add_row({raw_words_of(binary, "path"), raw_words_of(binary, "build_id").substr(0, 12),
                   bytes_of(binary, "file_bytes"), bytes_of(binary, "text_bytes"),
                   fmt::format("{:.2f}", number_of(binary, "cycles_per_instruction").value_or(0)),
                   fmt::format("{:.1f}", number_of(binary, "complexity").value_or(0)),
                   std::to_string(binary.at("libraries").size()), mostly(binary),
                   ago_of(binary, "last_seen", view)});
  }
  return table.empty() ? "no agent has described a binary yet\n" : table.render(view.style);
}

}  // namespace foreshock::coordinator

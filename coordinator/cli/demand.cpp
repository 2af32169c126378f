// demand: what a command will need.
#include <fmt/format.h>

#include "common/base/bytes.h"
#include "common/text/display.h"
#include "coordinator/cli/reply.h"

namespace foreshock::coordinator {

namespace {

constexpr auto kRight = TextColumn::Align::right;

std::string amount_of(const Json& prediction, const char* key) {
  const auto value = number_of(prediction, key);
  if (!value) return "-";
  const bool bytes = raw_words_of(prediction, "target").ends_with("_bytes");
  return bytes ? format_bytes(static_cast<std::uint64_t>(*value)) : fmt::format("{:.3g} s", *value);
}

std::string describe_reasons(const Json& prediction) {
  std::string text;
  for (const auto& reason : prediction.at("reasons")) {
    text += fmt::format("{}{} ×{:.2g}", text.empty() ? "" : ", ", raw_words_of(reason, "feature"),
                        number_of(reason, "factor").value_or(1));
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::string show_demand(const Json& reply, const View& view) {
  TextTable table({{"NEEDS"},
                   {"5 %", kRight},
                   {"MEDIAN", kRight},
                   {"90 %", kRight},
                   {"95 %", kRight},
                   {"BY"},
                   {"RECORDS", kRight},
                   {"BECAUSE OF"}});
  for (const auto& prediction : reply.at("targets")) {
    table.add_row({raw_words_of(prediction, "target"), amount_of(prediction, "q05"),
                   amount_of(prediction, "q50"), amount_of(prediction, "q90"),
                   amount_of(prediction, "q95"), raw_words_of(prediction, "model"),
                   std::to_string(count_of(prediction, "support")), describe_reasons(prediction)});
  }
  const std::string head = fmt::format("signature {}\n", words_of(reply, "signature"));
  return table.empty() ? head + "nothing has been learned about commands yet\n"
                       : head + table.render(view.style);
}

}  // namespace foreshock::coordinator

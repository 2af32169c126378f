#include "agent/binaries/binary_text.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "common/text/display.h"

namespace foreshock::agent {

std::string render_binary_text(const BinaryProfile& binary, const TextStyle& style) {
  const BinaryTraits& traits = binary.traits;
  TextTable table({{"TRAIT"}, {"VALUE"}});
  table.add_row({"file", binary.path});
  table.add_row({"build id", binary.build_id.empty() ? "-" : binary.build_id});
  table.add_row({"size", format_bytes(traits.file.count)});
  table.add_row({"code", format_bytes(traits.text.count)});
  table.add_row({"libraries", fmt::format("{}", fmt::join(binary.libraries, " "))});
  table.add_row({"imported functions", std::to_string(traits.imports)});
  if (traits.instructions == 0) {
    table.add_row({"instructions", "of an unknown architecture"});
    return table.render(style);
  }
  table.add_row({"instructions looked at", std::to_string(traits.instructions)});
  for (std::size_t i = 0; i < traits.mix.size(); ++i) {
    table.add_row({fmt::format("share of {}", to_string(static_cast<OpcodeKind>(i))),
                   fmt::format("{:.1f} %", 100 * traits.mix.at(i))});
  }
  table.add_row({"cycles an instruction", fmt::format("{:.2f}", traits.cycles)});
  table.add_row({"complexity", fmt::format("{:.1f}", traits.complexity)});
  return table.render(style);
}

std::string render_binary_json(const BinaryProfile& binary) {
  const BinaryTraits& traits = binary.traits;
  nlohmann::json mix = nlohmann::json::object();
  for (std::size_t i = 0; i < traits.mix.size(); ++i)
    mix[std::string(to_string(static_cast<OpcodeKind>(i)))] = traits.mix.at(i);
  const nlohmann::json json = {{"id", fmt::format("{:016x}", binary.id)},
                               {"path", binary.path},
                               {"build_id", binary.build_id},
                               {"file_bytes", traits.file.count},
                               {"text_bytes", traits.text.count},
                               {"instructions", traits.instructions},
                               {"mix", std::move(mix)},
                               {"cycles_per_instruction", traits.cycles},
                               {"complexity", traits.complexity},
                               {"imports", traits.imports},
                               {"libraries", binary.libraries}};
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace foreshock::agent

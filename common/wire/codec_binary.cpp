#include <algorithm>
#include <cmath>

#include "common/wire/codec_fields.h"
#include "schemas/report_generated.h"

namespace foreshock::wire {

namespace {

/// Models have no use for what is no number.
float read_number(float value) {
  return std::isfinite(value) ? value : 0;
}

}  // namespace

fb::Offset<schema::Binary> write_binary(fb::FlatBufferBuilder& builder,
                                        const BinaryProfile& binary) {
  const BinaryTraits& traits = binary.traits;
  const auto build_id = write_text(builder, binary.build_id);
  const auto path = write_text(builder, binary.path);
  const auto mix = builder.CreateVector(traits.mix.data(), traits.mix.size());
  const auto libraries = builder.CreateVectorOfStrings(binary.libraries);
  return schema::CreateBinary(builder, binary.id, build_id, path, traits.file.count,
                              traits.text.count, traits.instructions, mix, traits.cycles,
                              traits.complexity, traits.imports, libraries);
}

BinaryProfile read_binary(FieldReader& reader, const schema::Binary& table) {
  BinaryProfile binary;
  binary.id = table.id();
  binary.build_id = reader.text(table.build_id());
  binary.path = reader.text(table.path());
  BinaryTraits& traits = binary.traits;
  traits.file = {table.file_bytes()};
  traits.text = {table.text_bytes()};
  traits.instructions = table.instructions();
  traits.cycles = read_number(table.cycles());
  traits.complexity = read_number(table.complexity());
  traits.imports = table.imports();
  if (const auto* mix = table.mix()) {
    const auto known = std::min<fb::uoffset_t>(mix->size(), traits.mix.size());
    for (fb::uoffset_t i = 0; i < known; ++i) traits.mix.at(i) = read_number(mix->Get(i));
  }
  if (const auto* libraries = table.libraries()) {
    for (const auto* name : *libraries) {
      if (!reader.charge(sizeof(std::string))) break;
      binary.libraries.push_back(reader.text(name));
    }
  }
  traits.libraries = static_cast<std::uint32_t>(binary.libraries.size());
  return binary;
}

}  // namespace foreshock::wire

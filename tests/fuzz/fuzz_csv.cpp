// Any text is rows as wide as its header, or an error that names a line; reading ends.

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/assert.h"
#include "common/text/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto csv = foreshock::CsvReader::from_text(text, "input");
  if (!csv) return 0;
  std::size_t last_line = csv->line();
  while (true) {
    const auto more = csv->read_row();
    if (!more) FS_ASSERT(more.error().message().starts_with("input:"));
    if (!more || !*more) return 0;
    FS_ASSERT(csv->line() > last_line);
    last_line = csv->line();
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < csv->columns().size(); ++i) {
      bytes += csv->text(i).size();
      static_cast<void>(csv->number(i));
      static_cast<void>(csv->time(i));
    }
    FS_ASSERT(bytes <= size);
  }
}

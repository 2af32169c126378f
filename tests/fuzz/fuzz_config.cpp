// What stands in a configuration file: any text is a document or an error, and every look-up answers.

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/config/toml_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foreshock;
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto document = TomlDocument::parse(text, "fuzz.toml");
  if (!document) return 0;
  const auto values = document->values();
  TomlTable root = document->root();
  TomlTable sample = root.table("sample");
  sample.duration("interval", std::chrono::seconds(1));
  sample.bytes("most", Bytes{1});
  sample.integer("count", 1, 0, 10);
  sample.number("share", 0.5, 0, 1);
  sample.choice("mode", "observe", {"observe", "auto"});
  sample.texts("names", {});
  sample.boolean("on", true);
  for (auto& one : root.tables("adjust")) {
    one.required_text("cgroup");
    const auto cores = parse_millicores(one.text("max_cpu", "1"));
    if (!cores) one.fail("max_cpu", cores.error().message());
  }
  const auto finished = document->finish();
  if (!finished && finished.error().message().empty()) __builtin_trap();
  if (changed_keys(values, values) != std::vector<std::string>{}) __builtin_trap();
  return 0;
}

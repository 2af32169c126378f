// Any text as a configuration with policies: accepted or refused with a place, never a crash.

#include <cstddef>
#include <cstdint>
#include <string>

#include "coordinator/policy/policy_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace foreshock;
  auto document =
      TomlDocument::parse(std::string(reinterpret_cast<const char*>(data), size), "fuzz.toml");
  if (!document) return 0;
  TomlTable root = document->root();
  coordinator::read_policies(root);
  coordinator::read_tag_rules(root);
  if (const auto finished = document->finish(); !finished && finished.error().message().empty())
    __builtin_trap();
  return 0;
}

#include "common/model/process_event.h"

namespace foreshock {

std::vector<std::string_view> Argv::split() const {
  std::vector<std::string_view> result;
  std::string_view rest = words;
  while (!rest.empty()) {
    const auto end = rest.find('\0');
    result.push_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return result;
}

Argv make_argv(const std::vector<std::string>& words) {
  Argv argv;
  for (const auto& word : words) {
    argv.words += word;
    argv.words += '\0';
  }
  argv.true_bytes = static_cast<std::uint32_t>(argv.words.size());
  return argv;
}

}  // namespace foreshock

// Any argv gives a signature: not empty, within its bound, printable.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/assert.h"
#include "common/model/process_event.h"
#include "common/signature/signature.h"

namespace {

bool is_clean(std::string_view text) {
  constexpr std::string_view kMore = "…";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with(kMore)) {
      i += kMore.size() - 1;
    } else if (text[i] < ' ' || text[i] > '~') {
      return false;
    }
  }
  return true;
}

}  // namespace

/// The first word is the file name, the others are argv; each ended by NUL.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  foreshock::Argv argv;
  argv.words.assign(reinterpret_cast<const char*>(data), size);
  auto words = argv.split();
  std::string_view filename;
  if (!words.empty()) {
    filename = words.front();
    words.erase(words.begin());
  }
  const auto signature = foreshock::normalise(words, filename);
  FS_ASSERT(!signature.text.empty() && signature.text.size() <= foreshock::kMaxSignatureBytes);
  FS_ASSERT(is_clean(signature.text) && is_clean(signature.base_name));
  FS_ASSERT(signature == foreshock::normalise(words, filename));
  return 0;
}

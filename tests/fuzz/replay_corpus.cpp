// Stands in for libFuzzer's main: feeds each file of the directories given to the fuzz target. What
// a fuzzer once found stays found. An empty or missing directory is a failure, or the test would
// test nothing.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

bool replay_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot open %s\n", path.c_str());
    return false;
  }
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return false;
  }
  // Exactly as large as the input, so that a sanitizer sees a read beyond it.
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.end());
  std::printf("%s: %zu bytes\n", path.c_str(), input.size());
  std::fflush(stdout);  // names the file when the target aborts
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return true;
}

/// The number of files replayed; -1 when something could not be read.
long replay_directory(const fs::path& directory) {
  std::error_code error;
  long count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory, error)) {
    if (!entry.is_regular_file()) continue;
    if (!replay_file(entry.path())) return -1;
    ++count;
  }
  if (error) {
    std::fprintf(stderr, "cannot list %s: %s\n", directory.c_str(), error.message().c_str());
    return -1;
  }
  if (count == 0) std::fprintf(stderr, "no corpus in %s\n", directory.c_str());
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS_DIRECTORY…\n", argv[0]);
    return 2;
  }
  try {
    for (int i = 1; i < argc; ++i) {
      if (replay_directory(argv[i]) <= 0) return 1;
    }
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
  return 0;
}

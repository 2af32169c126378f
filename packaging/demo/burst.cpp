// The demonstration's heavy command: THREADS busy for SECONDS while MEBIBYTES of memory are in use.
//   foreshock-demo-burst THREADS SECONDS MEBIBYTES
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kPageBytes = 4096;

/// A touched page is a used page.
std::vector<unsigned char> use_memory(std::size_t mebibytes) {
  std::vector<unsigned char> memory(mebibytes << 20);
  for (std::size_t at = 0; at < memory.size(); at += kPageBytes) memory[at] = 1;
  return memory;
}

void be_busy_until(std::chrono::steady_clock::time_point end) {
  volatile std::uint64_t spins = 0;
  while (std::chrono::steady_clock::now() < end) {
    for (int turn = 0; turn < 10'000; ++turn) spins = spins + 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: foreshock-demo-burst THREADS SECONDS MEBIBYTES\n", stderr);
    return 2;
  }
  const auto threads = std::strtoul(argv[1], nullptr, 10);
  const std::chrono::duration<double> length(std::strtod(argv[2], nullptr));
  const auto memory = use_memory(std::strtoul(argv[3], nullptr, 10));

  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::duration_cast<std::chrono::nanoseconds>(length);
  std::vector<std::jthread> busy;
  for (unsigned long thread = 0; thread < threads; ++thread) busy.emplace_back(be_busy_until, end);
  busy.clear();
  return memory.empty() || memory[0] == 1 ? 0 : 1;
}

// The demonstration's small commands, the trigger and the decoy, are copies of this under drawn
// names: a few milliseconds of work, so that they look like any short command.
#include <cstdint>

int main(int argc, char**) {
  volatile std::uint64_t sum = static_cast<std::uint64_t>(argc);
  for (std::uint64_t turn = 0; turn < 2'000'000; ++turn) sum = sum + turn;
  return 0;
}

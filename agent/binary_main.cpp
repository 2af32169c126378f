#include "agent/binaries/confinement.h"

/// The program that takes hostile files apart for the agent: nothing else is in its memory.
int main() {
  return foreshock::agent::profile_standard_input();
}

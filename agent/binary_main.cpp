#include <unistd.h>

#include "agent/binaries/confinement.h"

/// The program that takes hostile files apart for the agent: nothing else is in its memory.
int main() {
  // At once: by now the process may do nothing that tidying up could need.
  ::_exit(foreshock::agent::profile_standard_input());
}

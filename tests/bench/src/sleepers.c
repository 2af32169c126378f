/* sleepers N: N processes that sleep until this one ends. Prints "ready" when all are there. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { OWN_MEMORY = 256 * 1024 };

int main(int argc, char** argv) {
  static char memory[OWN_MEMORY];
  const long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;

  for (long i = 0; i < count; i++) {
    const pid_t child = fork();
    if (child < 0) {
      perror("fork");
      return 1;
    }
    if (child > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    memset(memory, 1, sizeof(memory)); /* so that each has some of its own */
    for (;;) pause();
  }
  puts("ready");
  fflush(stdout);
  pause();
  return 0;
}

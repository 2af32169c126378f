/* cgroupscan [-k] ROUNDS: reads each of the files named on standard input, a round a second. -k
 * keeps them open. Prints the milliseconds of processor time of a round. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FILES = 65536 };

static double cpu_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int open_or_exit(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file >= 0) return file;
  perror(path);
  exit(1);
}

static void read_or_exit(int file, const char* path) {
  static char text[65536];
  if (pread(file, text, sizeof(text), 0) >= 0) return;
  perror(path);
  exit(1);
}

int main(int argc, char** argv) {
  static char* paths[MOST_FILES];
  static int files[MOST_FILES];
  const int keep = argc > 2 && strcmp(argv[1], "-k") == 0;
  const long rounds = argc > 1 ? strtol(argv[argc - 1], NULL, 10) : 0;
  int count = 0;
  char* line = NULL;
  size_t size = 0;
  if (rounds < 1) {
    fputs("usage: cgroupscan [-k] ROUNDS < PATHS\n", stderr);
    return 2;
  }
  while (count < MOST_FILES && getline(&line, &size, stdin) > 0) {
    line[strcspn(line, "\n")] = '\0';
    paths[count++] = strdup(line);
  }
  for (int i = 0; keep && i < count; i++) files[i] = open_or_exit(paths[i]);

  const double before = cpu_ms();
  for (long round = 0; round < rounds; round++) {
    for (int i = 0; i < count; i++) {
      const int file = keep ? files[i] : open_or_exit(paths[i]);
      read_or_exit(file, paths[i]);
      if (!keep) close(file);
    }
    sleep(1);
  }
  printf("%.4f\n", (cpu_ms() - before) / (double)rounds);
  return 0;
}

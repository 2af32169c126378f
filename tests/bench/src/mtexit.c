// Processes of four threads that end in three ways, after a known use of processor time, memory (64
// MiB) and writes (1 MiB): the ground truth of bench_exact.py is what wait4 says of them.
//   mtexit SCRATCH_FILE REPEATS
// Prints "mode pid cpu_us rss_kb write_kb code" for each. Modes: 0 threads joined, then exit; 1
// exit_group from a worker while the others run; 2 the leader goes first.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kThreads = 4, kMemoryBytes = 64 << 20, kWriteBytes = 1 << 20, kCode = 3 };
enum mode { kJoined, kExitGroupByWorker, kLeaderFirst, kModes };

static enum mode mode;

static void burn_ms(long ms) {
  struct timespec used;
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  } while (used.tv_sec * 1000 + used.tv_nsec / 1000000 < ms);
}

static void burn_for_ever(void) {
  for (;;) burn_ms(1 << 20);
}

static void* work(void* argument) {
  const long index = (long)argument;
  burn_ms(40);
  if (mode == kExitGroupByWorker) {
    if (index == kThreads - 1) {
      burn_ms(60);
      syscall(SYS_exit_group, kCode);
    }
    burn_for_ever();
  }
  return 0;
}

static void be_child(const char* scratch) {
  prctl(PR_SET_NAME, "fsmtest");
  char* memory = malloc(kMemoryBytes);
  memset(memory, 1, kMemoryBytes);
  FILE* file = fopen(scratch, "w");
  if (!file || fwrite(memory, 1, kWriteBytes, file) != kWriteBytes || fflush(file)) _exit(99);

  pthread_t threads[kThreads];
  for (long i = 0; i < kThreads; i++) pthread_create(&threads[i], 0, work, (void*)i);
  switch (mode) {
    case kJoined:
      for (int i = 0; i < kThreads; i++) pthread_join(threads[i], 0);
      exit(kCode);
    case kExitGroupByWorker:
      burn_for_ever();
      break;
    default:
      burn_ms(50);
      syscall(SYS_exit, kCode);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fputs("usage: mtexit SCRATCH_FILE REPEATS\n", stderr);
    return 2;
  }
  for (mode = kJoined; mode < kModes; mode++) {
    for (int repeat = 0; repeat < atoi(argv[2]); repeat++) {
      const pid_t pid = fork();
      if (pid == 0) be_child(argv[1]);
      int status;
      struct rusage use;
      wait4(pid, &status, 0, &use);
      const double cpu_us = (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
                            use.ru_utime.tv_usec + use.ru_stime.tv_usec;
      printf("%d %d %.1f %ld %ld %d\n", mode, pid, cpu_us, use.ru_maxrss, use.ru_oublock / 2,
             WEXITSTATUS(status));
      fflush(stdout);
    }
  }
  unlink(argv[1]);
  return 0;
}

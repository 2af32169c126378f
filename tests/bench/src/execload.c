// Bounded generator of execs with its own count: the ground truth of bench_exec.py.
//   EXECLOAD_PROGRAM=PATH execload -n COUNT [-r RATE] [-p WORKERS] [-k EXTRA_ARGUMENTS] [-s
//   BYTES_OF_EACH]
// The program comes by the environment so that our own arguments do not look like one of its
// executions. RATE 0: flat out. Each child is spawned and reaped before the next of its worker.
// Prints one line of JSON.
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct options {
  long count;
  double rate;
  int workers;
  int extra_arguments;
  int argument_bytes;
  char* program;
};

struct result {
  double self_cpu_s;
  double child_cpu_s;
  long spawned;
};

static double now_s(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static double cpu_s(int who) {
  struct rusage use;
  getrusage(who, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec +
         (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
}

static int by_value(const void* a, const void* b) {
  const float x = *(const float*)a, y = *(const float*)b;
  return (x > y) - (x < y);
}

static void* shared(size_t bytes) {
  void* memory = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) exit(2);
  return memory;
}

static char** make_arguments(const struct options* o) {
  char** arguments = calloc(o->extra_arguments + 2, sizeof *arguments);
  arguments[0] = o->program;
  for (int i = 0; i < o->extra_arguments; i++) {
    arguments[1 + i] = malloc(o->argument_bytes + 1);
    memset(arguments[1 + i], 'a' + i % 26, o->argument_bytes);
    arguments[1 + i][o->argument_bytes] = 0;
  }
  return arguments;
}

static void wait_until(double time) {
  const double left = time - now_s();
  if (left <= 0) return;
  struct timespec pause = {(time_t)left, (long)((left - (long)left) * 1e9)};
  nanosleep(&pause, 0);
}

static void work(const struct options* o, int worker, char** arguments, float* latency_us,
                 struct result* result) {
  char* environment[] = {"PATH=/bin", 0};
  const long first = o->count * worker / o->workers, end = o->count * (worker + 1) / o->workers;
  const double period = o->rate > 0 ? o->workers / o->rate : 0;
  const double self = cpu_s(RUSAGE_SELF), child = cpu_s(RUSAGE_CHILDREN);
  double next = now_s();
  for (long i = first; i < end; i++) {
    if (period > 0) wait_until(next += period);
    const double start = now_s();
    pid_t pid;
    int status;
    if (posix_spawn(&pid, o->program, 0, 0, arguments, environment) == 0 &&
        waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
      result->spawned++;
    }
    latency_us[i] = (now_s() - start) * 1e6;
  }
  result->self_cpu_s = cpu_s(RUSAGE_SELF) - self;
  result->child_cpu_s = cpu_s(RUSAGE_CHILDREN) - child;
}

static struct options parse(int argc, char** argv) {
  struct options o = {.count = 1000, .workers = 1, .argument_bytes = 16};
  int option;
  while ((option = getopt(argc, argv, "n:r:p:k:s:")) != -1) {
    switch (option) {
      case 'n':
        o.count = atol(optarg);
        break;
      case 'r':
        o.rate = atof(optarg);
        break;
      case 'p':
        o.workers = atoi(optarg);
        break;
      case 'k':
        o.extra_arguments = atoi(optarg);
        break;
      case 's':
        o.argument_bytes = atoi(optarg);
        break;
      default:
        exit(2);
    }
  }
  o.program = getenv("EXECLOAD_PROGRAM");
  if (!o.program || optind != argc || o.count < 1 || o.workers < 1 || o.extra_arguments < 0 ||
      o.argument_bytes < 0) {
    fputs(
        "usage: EXECLOAD_PROGRAM=PATH execload -n COUNT [-r RATE] [-p WORKERS] [-k ARGUMENTS] [-s "
        "BYTES]\n",
        stderr);
    exit(2);
  }
  return o;
}

int main(int argc, char** argv) {
  const struct options o = parse(argc, argv);
  char** arguments = make_arguments(&o);
  float* latency_us = shared(o.count * sizeof *latency_us);
  struct result* results = shared(o.workers * sizeof *results);

  const double start = now_s();
  for (int worker = 0; worker < o.workers; worker++) {
    if (fork() == 0) {
      work(&o, worker, arguments, latency_us, &results[worker]);
      _exit(0);
    }
  }
  while (wait(0) > 0) {
  }
  const double wall = now_s() - start;

  struct result sum = {0};
  for (int worker = 0; worker < o.workers; worker++) {
    sum.self_cpu_s += results[worker].self_cpu_s;
    sum.child_cpu_s += results[worker].child_cpu_s;
    sum.spawned += results[worker].spawned;
  }
  if (sum.spawned == 0) {
    fprintf(stderr, "execload: %s could not be executed\n", o.program);
    return 1;
  }
  qsort(latency_us, o.count, sizeof *latency_us, by_value);
  printf(
      "{\"n\":%ld,\"wall_s\":%.4f,\"rate\":%.1f,\"cpu_us\":%.3f,\"latency_p50_us\":%.1f,\"latency_"
      "p99_us\":%.1f}\n",
      sum.spawned, wall, sum.spawned / wall, (sum.self_cpu_s + sum.child_cpu_s) / sum.spawned * 1e6,
      latency_us[o.count / 2], latency_us[o.count * 99 / 100]);
}

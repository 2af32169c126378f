// Drains the ring each 20 ms and counts: the least that a reader can cost.
//   minexec MARK [COMM]    counts execs whose argv names MARK; prints the exits of COMM; totals at
//   SIGTERM
#define _GNU_SOURCE
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "minexec.h"
#include "minexec.skel.h"

static volatile sig_atomic_t stopped;
static const char* mark;
static const char* wanted_comm;
static unsigned long execs, exits, marked;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

static int on_record(void* context, void* data, size_t bytes) {
  (void)context;
  (void)bytes;
  const struct record* record = data;
  if (record->kind == RECORD_EXEC) {
    execs++;
    const size_t length =
        record->argv_bytes < sizeof record->argv ? record->argv_bytes : sizeof record->argv;
    if (memmem(record->argv, length, mark, strlen(mark))) marked++;
  } else {
    exits++;
    if (wanted_comm && strncmp(record->comm, wanted_comm, sizeof record->comm) == 0) {
      printf("exit %u %.1f %llu %llu %u\n", record->pid, record->cpu_ns / 1e3, record->peak_rss_kb,
             record->written_bytes / 1024, record->wait_status >> 8);
    }
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  mark = argv[1];
  wanted_comm = argc > 2 ? argv[2] : NULL;
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  struct minexec* skeleton = minexec__open_and_load();
  if (!skeleton || minexec__attach(skeleton)) return 1;
  struct ring_buffer* ring =
      ring_buffer__new(bpf_map__fd(skeleton->maps.ring), on_record, NULL, NULL);
  if (!ring) return 1;
  while (!stopped) {
    usleep(20000);
    ring_buffer__consume(ring);
  }
  ring_buffer__consume(ring);
  printf("total %lu execs %lu exits %lu marked %llu dropped\n", execs, exits, marked,
         (unsigned long long)skeleton->bss->dropped);
  return 0;
}

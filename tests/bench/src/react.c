/* usage: react COUNT CGROUP_FILE
 * From the exec tracepoint over user space, a CURVE round trip of ZeroMQ to another process and
 * back, to a write of a cgroup file: nothing is decoded, decided or recorded on the way. Prints the
 * parts and the whole as JSON, in µs. */
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "react.skel.h"

enum { WAKE, ROUND_TRIP, WRITE, TOTAL, PARTS };

static const char* const part_names[PARTS] = {"wake_us", "round_trip_us", "write_us", "total_us"};
static float* parts[PARTS];
static long done, wanted;
static void* uplink;
static int cgroup_file;

static double now_ns(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int on_event(void* context, void* data, size_t bytes) {
  const double exec = *(unsigned long long*)data, woken = now_ns();
  char message[200] = {0}, reply[64], value[32];
  double answered, written;

  (void)context;
  (void)bytes;
  if (done >= wanted) return 0;
  zmq_send(uplink, message, sizeof(message), 0);
  zmq_recv(uplink, reply, sizeof(reply), 0);
  answered = now_ns();
  if (pwrite(cgroup_file, value, sprintf(value, "%d", 50000 + (int)(done % 50000)), 0) < 0)
    perror("write");
  written = now_ns();
  parts[WAKE][done] = (woken - exec) / 1e3;
  parts[ROUND_TRIP][done] = (answered - woken) / 1e3;
  parts[WRITE][done] = (written - answered) / 1e3;
  parts[TOTAL][done] = (written - exec) / 1e3;
  done++;
  return 0;
}

static void answer(char* endpoint, const char* secret) {
  void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
  size_t bytes = 256;
  int server = 1;

  zmq_setsockopt(router, ZMQ_CURVE_SERVER, &server, sizeof(server));
  zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret, 40);
  zmq_bind(router, "tcp://127.0.0.1:*");
  zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint + 1, &bytes);
  endpoint[0] = 1;
  for (;;) {
    char id[256], message[512];
    const int id_bytes = zmq_recv(router, id, sizeof(id), 0);

    if (id_bytes < 0 || zmq_recv(router, message, sizeof(message), 0) < 0) _exit(0);
    zmq_send(router, id, id_bytes, ZMQ_SNDMORE);
    zmq_send(router, message, 32, 0);
  }
}

static int by_size(const void* a, const void* b) {
  const float x = *(const float*)a, y = *(const float*)b;

  return x < y ? -1 : x > y;
}

int main(int argc, char** argv) {
  char server_public[41], server_secret[41], own_public[41], own_secret[41];
  char message[200] = {0}, reply[64];
  volatile char* endpoint;
  struct react* programs;
  struct ring_buffer* ring;
  void* context;
  pid_t child;
  double end;

  if (argc != 3) return 2;
  wanted = atol(argv[1]);
  zmq_curve_keypair(server_public, server_secret);
  zmq_curve_keypair(own_public, own_secret);
  endpoint = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  child = fork();
  if (child == 0) answer((char*)endpoint, server_secret);
  while (!endpoint[0]) usleep(1000);
  context = zmq_ctx_new();
  uplink = zmq_socket(context, ZMQ_DEALER);
  zmq_setsockopt(uplink, ZMQ_CURVE_SERVERKEY, server_public, 40);
  zmq_setsockopt(uplink, ZMQ_CURVE_PUBLICKEY, own_public, 40);
  zmq_setsockopt(uplink, ZMQ_CURVE_SECRETKEY, own_secret, 40);
  zmq_connect(uplink, (char*)endpoint + 1);
  zmq_send(uplink, message, sizeof(message), 0);
  zmq_recv(uplink, reply, sizeof(reply), 0);

  for (int part = 0; part < PARTS; part++) parts[part] = calloc(wanted, sizeof(float));
  cgroup_file = open(argv[2], O_WRONLY);
  programs = react__open_and_load();
  if (cgroup_file < 0 || !programs || react__attach(programs)) {
    perror("react");
    kill(child, SIGKILL);
    return 1;
  }
  ring = ring_buffer__new(bpf_map__fd(programs->maps.events), on_event, 0, 0);
  fprintf(stderr, "ready\n");
  for (end = now_ns() + 60e9; done < wanted && now_ns() < end;) ring_buffer__poll(ring, 200);
  kill(child, SIGKILL);
  if (!done) return 1;
  printf("{\"n\":%ld", done);
  for (int part = 0; part < PARTS; part++) {
    const float* sorted = parts[part];

    qsort(parts[part], done, sizeof(float), by_size);
    printf(",\"%s\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f}", part_names[part],
           sorted[done / 2], sorted[done * 9 / 10], sorted[done * 99 / 100], sorted[done - 1]);
  }
  puts("}");
  return 0;
}

/* taskscan: looks at every process once a second until it is stopped, and adds something up. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "taskscan.h"
#include "taskscan.skel.h"

int main(void) {
  static char buffer[256 * 1024];
  unsigned long long sum = 0;
  struct taskscan* skeleton = taskscan__open_and_load();
  struct bpf_link* link = skeleton ? bpf_program__attach_iter(skeleton->progs.scan, NULL) : NULL;

  if (!link) return 1;
  for (;; sleep(1)) {
    const int scan = bpf_iter_create(bpf_link__fd(link));
    size_t kept = 0;
    ssize_t got;

    while ((got = read(scan, buffer + kept, sizeof(buffer) - kept)) > 0) {
      const size_t filled = kept + (size_t)got;
      size_t at = 0;

      for (; at + sizeof(struct scanned_process) <= filled; at += sizeof(struct scanned_process)) {
        struct scanned_process one;

        memcpy(&one, buffer + at, sizeof(one));
        sum += one.cpu + one.pid;
      }
      kept = filled - at;
      memmove(buffer, buffer + at, kept);
    }
    close(scan);
    if (sum == 0) puts("nothing there");
  }
}

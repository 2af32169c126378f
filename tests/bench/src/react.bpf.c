/* The least that a reaction over a coordinator can take: an exec of "fsr…" wakes user space with
 * its time. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 20);
} events SEC(".maps");

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct* task) {
  __u64* time;

  if (task->comm[0] != 'f' || task->comm[1] != 's' || task->comm[2] != 'r') return 0;
  time = bpf_ringbuf_reserve(&events, sizeof(*time), 0);
  if (!time) return 0;
  *time = bpf_ktime_get_ns();
  bpf_ringbuf_submit(time, BPF_RB_FORCE_WAKEUP);
  return 0;
}

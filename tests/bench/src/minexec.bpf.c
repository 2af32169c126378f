/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The least that a capture of exec and exit can cost: fixed records, the first 128 bytes of argv,
 * no wake-ups. A reference to measure the agent against, no part of it. Reads the kernel's types
 * from the machine's own BTF.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "minexec.h"

enum { PROC_THREADS = 2 }; /* BPF_TASK_ITER_PROC_THREADS */

extern int bpf_iter_task_new(struct bpf_iter_task* it, struct task_struct* task,
                             unsigned int flags) __ksym;
extern struct task_struct* bpf_iter_task_next(struct bpf_iter_task* it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task* it) __ksym;
extern struct task_struct* bpf_task_acquire(struct task_struct* p) __ksym;
extern void bpf_task_release(struct task_struct* p) __ksym;

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 << 20);
} ring SEC(".maps");

__u64 dropped;

static __always_inline struct record* reserve(struct task_struct* task, __u32 kind) {
  struct record* record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

  if (!record) {
    __sync_fetch_and_add(&dropped, 1);
    return 0;
  }
  record->time_ns = bpf_ktime_get_ns();
  record->cgroup_id = bpf_get_current_cgroup_id();
  record->kind = kind;
  record->pid = task->tgid;
  record->parent_pid = task->real_parent->tgid;
  record->uid = bpf_get_current_uid_gid();
  __builtin_memcpy(record->comm, task->comm, sizeof(record->comm));
  return record;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct* task) {
  struct record* record = reserve(task, RECORD_EXEC);
  unsigned long start, bytes;

  if (!record) return 0;
  start = task->mm->arg_start;
  bytes = task->mm->arg_end - start;
  record->argv_bytes = bytes;
  if (bytes > sizeof(record->argv)) bytes = sizeof(record->argv);
  if (bpf_probe_read_user(record->argv, bytes & 255, (void*)start)) record->argv[0] = 0;
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}

struct use {
  __u64 cpu_ns, read_bytes, written_bytes;
};

/* Threads that have not been released yet are in no sum of the kernel's. */
static __always_inline bool add_live_threads(struct task_struct* task, struct use* use) {
  struct task_struct *thread, *leader = bpf_task_acquire(task->group_leader);
  struct bpf_iter_task iterator;

  if (!leader) return false;
  bpf_iter_task_new(&iterator, leader, PROC_THREADS);
  while ((thread = bpf_iter_task_next(&iterator))) {
    use->cpu_ns += thread->se.sum_exec_runtime;
    use->read_bytes += thread->ioac.read_bytes;
    use->written_bytes += thread->ioac.write_bytes;
  }
  bpf_iter_task_destroy(&iterator);
  bpf_task_release(leader);
  return true;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct* task, bool group_dead) {
  struct signal_struct* sums = task->signal;
  struct mm_struct* mm = task->mm;
  struct use use = {};
  struct record* record;
  __u64 pages = 0;

  if (!group_dead || !add_live_threads(task, &use)) return 0;
  record = reserve(task, RECORD_EXIT);
  if (!record) return 0;
  record->cpu_ns = sums->sum_sched_runtime + use.cpu_ns;
  record->read_bytes = sums->ioac.read_bytes + use.read_bytes;
  record->written_bytes = sums->ioac.write_bytes + use.written_bytes;
  if (mm) {
    pages = mm->rss_stat[MM_FILEPAGES].count + mm->rss_stat[MM_ANONPAGES].count +
            mm->rss_stat[MM_SHMEMPAGES].count;
    if (mm->hiwater_rss > pages) pages = mm->hiwater_rss;
  }
  record->peak_rss_kb = pages * 4;
  record->wait_status = task->exit_code;
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  return 0;
}

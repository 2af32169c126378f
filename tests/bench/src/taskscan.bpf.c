/* The least that a look at every process can cost: a task iterator that writes fixed records. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "taskscan.h"

char LICENSE[] SEC("license") = "GPL";

SEC("iter/task")
int scan(struct bpf_iter__task* context) {
  struct task_struct* task = context->task;
  struct scanned_process one = {};
  struct signal_struct* signal;
  struct mm_struct* memory;

  if (!task || task->pid != task->tgid) return 0;
  signal = task->signal;
  memory = task->mm;
  one.pid = task->tgid;
  one.parent = task->real_parent->tgid;
  one.uid = task->cred->uid.val;
  one.threads = signal->nr_threads;
  one.start = task->start_boottime;
  one.user = signal->utime + task->utime;
  one.system = signal->stime + task->stime;
  one.cpu = signal->sum_sched_runtime + task->se.sum_exec_runtime;
  one.read = signal->ioac.read_bytes + task->ioac.read_bytes;
  one.written = signal->ioac.write_bytes + task->ioac.write_bytes;
  one.minor_faults = signal->min_flt + task->min_flt;
  one.major_faults = signal->maj_flt + task->maj_flt;
  one.voluntary_switches = signal->nvcsw + task->nvcsw;
  one.involuntary_switches = signal->nivcsw + task->nivcsw;
  if (memory)
    one.resident_pages =
        memory->rss_stat[0].count + memory->rss_stat[1].count + memory->rss_stat[3].count;
  one.cgroup = task->cgroups->dfl_cgrp->kn->id;
  __builtin_memcpy(one.name, task->comm, sizeof(one.name));
  bpf_seq_write(context->meta->seq, &one, sizeof(one));
  return 0;
}

/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * What every process has used by now, in one pass over all tasks (since 5.8): a read of the
 * iterator runs this once for each thread, in the order of thread ids, so that a process comes
 * before its other threads. The threads that ended are in the process's own sums; the living ones
 * are added up by the reader, which need not follow lists here.
 */
#include "agent/bpf/events.h"
#include "agent/bpf/process.bpf.h"

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 page_bytes = 4096;

#define ADD_USE(to, from, run_time)                    \
  do {                                                 \
    (to)->cpu_ns += (from)->run_time;                  \
    (to)->user_ns += (from)->utime;                    \
    (to)->system_ns += (from)->stime;                  \
    (to)->minor_faults += (from)->min_flt;             \
    (to)->major_faults += (from)->maj_flt;             \
    (to)->voluntary_switches += (from)->nvcsw;         \
    (to)->involuntary_switches += (from)->nivcsw;      \
    if (bpf_core_field_exists((from)->ioac)) {         \
      (to)->read_bytes += (from)->ioac.read_bytes;     \
      (to)->written_bytes += (from)->ioac.write_bytes; \
      (to)->read_calls += (from)->ioac.syscr;          \
      (to)->write_calls += (from)->ioac.syscw;         \
    }                                                  \
  } while (0)

/* Each count leaves out what CPUs have not yet folded in, and may so be below 0. */
static __always_inline __u64 resident_pages(struct mm_struct* mm) {
  struct mm_struct___before_6_2* older = (void*)mm;
  __s64 pages;

  if (bpf_core_field_exists(mm->rss_stat[MM_FILEPAGES].count))
    pages = mm->rss_stat[MM_FILEPAGES].count + mm->rss_stat[MM_ANONPAGES].count +
            mm->rss_stat[MM_SHMEMPAGES].count;
  else
    pages = BPF_CORE_READ(older, rss_stat.count[MM_FILEPAGES].counter) +
            BPF_CORE_READ(older, rss_stat.count[MM_ANONPAGES].counter) +
            BPF_CORE_READ(older, rss_stat.count[MM_SHMEMPAGES].counter);
  return pages > 0 ? pages : 0;
}

static __always_inline void write_thread(struct bpf_iter__task* context, struct task_struct* task) {
  struct fs_task_use use = {.kind = FS_TASK_THREAD, .tgid = task->tgid};

  ADD_USE(&use, task, se.sum_exec_runtime);
  bpf_seq_write(context->meta->seq, &use, sizeof(use));
}

static __always_inline void write_process(struct bpf_iter__task* context,
                                          struct task_struct* task) {
  struct signal_struct* signal = task->signal;
  struct mm_struct* mm = task->mm;
  struct fs_process_use look = {};

  look.use.kind = FS_TASK_PROCESS;
  look.use.tgid = task->tgid;
  ADD_USE(&look.use, signal, sum_sched_runtime);
  ADD_USE(&look.use, task, se.sum_exec_runtime);
  fill_process(&look.process, task);
  look.threads = signal->nr_threads;
  look.kernel_thread = (task->flags & PF_KTHREAD) != 0;
  if (mm) {
    look.resident_bytes = resident_pages(mm) * page_bytes;
    look.peak_resident_bytes = mm->hiwater_rss * (__u64)page_bytes;
  }
  bpf_seq_write(context->meta->seq, &look, sizeof(look));
}

SEC("iter/task")
int look_at_task(struct bpf_iter__task* context) {
  struct task_struct* task = context->task;

  /* At the end of the pass there is none. What has ended altogether is told by its exit event. */
  if (!task || task->signal->live.counter == 0) return 0;
  if (task->pid == task->tgid)
    write_process(context, task);
  else
    write_thread(context, task);
  return 0;
}

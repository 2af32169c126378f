/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * A process's end is seen twice.
 *
 * sched_process_exit fires for every thread on its way out, early: parents and, since 6.16, memory
 * are still there. But the scheduler has not yet booked the time since the thread was last switched
 * or ticked, which for a short command is most of its life, nor the time to tear it down; and
 * threads that end together have not yet been added to the process's sums.
 *
 * sched_process_free fires when all this is settled: after the parent has reaped the process and a
 * grace period of RCU, some ten milliseconds later. The sums are then what wait4(2) reports, on
 * every kernel.
 *
 * So the first puts the event aside, with what is known by then, and the second completes and sends
 * it. A process that nobody reaps is completed by the sweep, which the reader runs now and then.
 * Where the second never comes (the kernel skips programs in some contexts, and counts most of
 * them), the sweep, or the next process at the same address, sends what was known.
 */
#include "agent/bpf/ring.bpf.h"
#include "agent/bpf/process.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 page_bytes = 4096;

/* Ended and not yet freed, by the address of the group leader. Full: events are sent at once, less
 * exact. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, __u64);
  __type(value, struct fs_exit_event);
} ended SEC(".maps");

/*
 * Tasks and signals name these fields alike, but for the run time. What the verifier knows is read
 * directly, what comes from a map by probing.
 */
#define DIRECTLY(from, field) ((from)->field)
#define BY_PROBING(from, field) BPF_CORE_READ(from, field)
#define ADD_USE(event, READ, from, run_time)                  \
  do {                                                        \
    (event)->cpu_ns += READ(from, run_time);                  \
    (event)->user_ns += READ(from, utime);                    \
    (event)->system_ns += READ(from, stime);                  \
    (event)->minor_faults += READ(from, min_flt);             \
    (event)->major_faults += READ(from, maj_flt);             \
    (event)->voluntary_switches += READ(from, nvcsw);         \
    (event)->involuntary_switches += READ(from, nivcsw);      \
    if (bpf_core_field_exists((from)->ioac)) {                \
      (event)->read_bytes += READ(from, ioac.read_bytes);     \
      (event)->written_bytes += READ(from, ioac.write_bytes); \
      (event)->read_calls += READ(from, ioac.syscr);          \
      (event)->write_calls += READ(from, ioac.syscw);         \
    }                                                         \
  } while (0)

static __always_inline void forget_use(struct fs_exit_event* event) {
  event->cpu_ns = event->user_ns = event->system_ns = 0;
  event->minor_faults = event->major_faults = 0;
  event->voluntary_switches = event->involuntary_switches = 0;
  event->read_bytes = event->written_bytes = event->read_calls = event->write_calls = 0;
}

/* As wait(2) would report it. */
#define WAIT_STATUS(READ, leader, signal)                                         \
  (READ(signal, flags) & SIGNAL_GROUP_EXIT ? (__u32)READ(signal, group_exit_code) \
                                           : (__u32)READ(leader, exit_code))

static __always_inline void send(const struct fs_exit_event* event) {
  struct fs_drop_counters* counters;

  if (!bpf_ringbuf_output(&events, (void*)event, sizeof(*event), wake_if_filled_by(sizeof(*event))))
    return;
  counters = drop_counters();
  if (counters) __sync_fetch_and_add(&counters->exit_ring_full, 1);
}

/*
 * The most that was resident at once. signal->maxrss only where the memory is gone by now
 * (before 6.16): like getrusage(2) it includes what the process was before execve, that is its
 * parent's memory.
 */
static __always_inline __u64 peak_rss_pages(struct task_struct* task) {
  struct mm_struct* mm = task->mm;
  __s64 now;

  /* The verifier does not know that before 6.2, where rss_stat has another shape, there is no mm
   * here. */
  if (!mm || !bpf_core_field_exists(mm->rss_stat[MM_FILEPAGES].count)) return task->signal->maxrss;
  /* Each count leaves out what CPUs have not yet folded in, and may so be below 0. */
  now = mm->rss_stat[MM_FILEPAGES].count + mm->rss_stat[MM_ANONPAGES].count +
        mm->rss_stat[MM_SHMEMPAGES].count;
  return now > (__s64)mm->hiwater_rss ? (__u64)now : mm->hiwater_rss;
}

static __always_inline bool is_same_process(const struct fs_exit_event* a,
                                            const struct fs_exit_event* b) {
  return a->process.tgid == b->process.tgid && a->process.start_boot_ns == b->process.start_boot_ns;
}

static __always_inline void put_aside(__u64 leader, const struct fs_exit_event* event) {
  struct fs_exit_event* present;
  /* 32 bits: before 6.4 the map's own function is called here, and the upper half is not set. */
  int failed = bpf_map_update_elem(&ended, &leader, event, BPF_NOEXIST);

  if (failed == -EEXIST) {
    present = bpf_map_lookup_elem(&ended, &leader);
    if (present && is_same_process(present, event)) return; /* by another of its last threads */
    if (present) send(present);
    failed = bpf_map_update_elem(&ended, &leader, event, BPF_ANY);
  }
  if (failed) send(event);
}

/* All threads are on their way out when `live` is 0. That is so for several of the last ones; the
 * first of them puts the event aside, the others find it there. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_process_exit, struct task_struct* task) {
  struct signal_struct* signal = task->signal;
  struct fs_exit_event event = {};

  if (signal->live.counter != 0) return 0;
  event.header.kind = FS_EVENT_EXIT;
  event.header.bytes = sizeof(event);
  event.header.boot_time_ns = bpf_ktime_get_boot_ns();
  fill_process(&event.process, task);
  event.wait_status = WAIT_STATUS(DIRECTLY, task->group_leader, signal);
  event.peak_rss_bytes = peak_rss_pages(task) * page_bytes;
  ADD_USE(&event, DIRECTLY, signal, sum_sched_runtime);
  ADD_USE(&event, DIRECTLY, task, se.sum_exec_runtime);
  put_aside((__u64)task->group_leader, &event);
  return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(on_process_free, struct task_struct* task) {
  __u64 leader = (__u64)task->group_leader;
  struct signal_struct* signal = task->signal;
  struct fs_exit_event* event;

  /* The leader is released last: its signal's sums have everything. */
  if (leader != (__u64)task) return 0;
  event = bpf_map_lookup_elem(&ended, &leader);
  if (!event) return 0;
  event->wait_status = WAIT_STATUS(DIRECTLY, task, signal);
  forget_use(event);
  ADD_USE(event, DIRECTLY, signal, sum_sched_runtime);
  /* A parent on another CPU can be quick to reap; then the leader's own last run is in its task
   * only. */
  if (event->cpu_ns < task->se.sum_exec_runtime) event->cpu_ns = task->se.sum_exec_runtime;
  send(event);
  bpf_map_delete_elem(&ended, &leader);
  return 0;
}

/* Whether a leader is still the process of that event, and not freed or another's by now. */
static __always_inline bool is_leader_of(struct task_struct* leader,
                                         const struct fs_exit_event* event) {
  return BPF_CORE_READ(leader, usage.refs.counter) > 0 &&
         BPF_CORE_READ(leader, tgid) == event->process.tgid &&
         BPF_CORE_READ(leader, start_boottime) == event->process.start_boot_ns;
}

/*
 * Completes one that ended before a time and is still there: its parent does not reap it, and all
 * its threads but the leader are in the sums. Whoever removes the event sends it; that the removal
 * succeeds shows that the leader had not been freed when it was read.
 */
static long finish_if_old(void* map, const __u64* address, const struct fs_exit_event* waiting,
                          const __u64* ended_before_ns) {
  __u64 key = *address;
  struct task_struct* leader = (struct task_struct*)key;
  struct fs_exit_event event = *waiting;
  struct signal_struct* signal;

  if (event.header.boot_time_ns >= *ended_before_ns) return 0;
  if (is_leader_of(leader, &event)) {
    signal = BPF_CORE_READ(leader, signal);
    event.wait_status = WAIT_STATUS(BY_PROBING, leader, signal);
    forget_use(&event);
    ADD_USE(&event, BY_PROBING, signal, sum_sched_runtime);
    if (BPF_CORE_READ(signal, nr_threads) > 0) /* else the leader, too, is in the sums */
      ADD_USE(&event, BY_PROBING, leader, se.sum_exec_runtime);
  }
  if (bpf_map_delete_elem(&ended, &key) == 0) send(&event);
  return 0;
}

/* Never attached: the reader runs it, with the time as its argument. */
SEC("raw_tp")
int sweep_ended(struct bpf_raw_tracepoint_args* ctx) {
  __u64 ended_before_ns = ctx->args[0];

  bpf_for_each_map_elem(&ended, finish_if_old, &ended_before_ns, 0);
  return 0;
}

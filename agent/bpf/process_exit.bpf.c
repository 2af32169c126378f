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
 * Where the second never comes (seen on 6.18 when both CPUs are busy: of a process in a thousand or
 * fewer, a handful at a time), the sweep, or the next process in the same slot, sends what was
 * known: what all its threads used up to when each was last switched or ticked.
 */
#include "agent/bpf/connections.bpf.h"
#include "agent/bpf/ring.bpf.h"
#include "agent/bpf/process.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 page_bytes = 4096;

/*
 * An ended process that is not yet freed. `owner` is its start time in whole 2 ns, with IN_USE
 * while somebody writes or sends the event, or 0. Only who has set IN_USE may touch the rest.
 */
struct ended_slot {
  __u64 owner;
  __u64 leader; /* address of its group leader */
  struct fs_exit_event event;
};

enum { IN_USE = 1 };

/*
 * By process id: the kernel gives ids out in turn, so that processes which end at about the same
 * time lie in slots of their own. The near slots are few enough to stay in the cache. Where two
 * processes meet in one, the older, not reaped for long, moves to the far slots; should it meet
 * another there, it is sent as it is.
 */
/* Powers of two. */
enum { NEAR_SLOTS = 256, FAR_SLOTS = 8192, SLOTS = NEAR_SLOTS + FAR_SLOTS };

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, SLOTS);
  __type(key, __u32);
  __type(value, struct ended_slot);
} ended SEC(".maps");

enum { SLOTS_OF_WORD = 64, MARK_WORDS = SLOTS / SLOTS_OF_WORD };

/* A bit for each slot that was handed over to a process since the sweep last looked at it: of
 * thousands of slots, which lie far apart, it looks at these only. */
__u64 marks[MARK_WORDS];

static __always_inline void mark(__u32 index) {
  __u32 word = index / SLOTS_OF_WORD;

  if (word >= MARK_WORDS) return; /* cannot be: for the verifier */
  __sync_fetch_and_or(&marks[word], 1ULL << (index % SLOTS_OF_WORD));
}

static __always_inline __u32 near_index(__u32 tgid) {
  return tgid & (NEAR_SLOTS - 1);
}

static __always_inline __u32 far_index(__u32 tgid) {
  return NEAR_SLOTS + (tgid & (FAR_SLOTS - 1));
}

static __always_inline struct ended_slot* slot_at(__u32 index) {
  return bpf_map_lookup_elem(&ended, &index);
}

static __always_inline __u64 owner_key(struct task_struct* leader) {
  return leader->start_boottime & ~(__u64)IN_USE;
}

static __always_inline bool claim(struct ended_slot* slot, __u64 owner) {
  return __sync_val_compare_and_swap(&slot->owner, owner, owner | IN_USE) == owner;
}

static __always_inline void hand_over(struct ended_slot* slot, __u64 owner) {
  __sync_lock_test_and_set(&slot->owner, owner);
}

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

/* Whether it fits into a short event. */
static __always_inline bool is_short(const struct fs_exit_event* event) {
  const __u64* numbers = &event->cpu_ns;
  __u64 bits = 0;
  int i;

  for (i = 0; i < FS_EXIT_NUMBERS; i++) bits |= numbers[i];
  return !event->forked_from_tgid && bits >> 32 == 0;
}

static __always_inline bool send_short(const struct fs_exit_event* event) {
  const __u64 flags = wake_if_filled_by(sizeof(struct fs_short_exit_event));
  const __u64* numbers = &event->cpu_ns;
  struct fs_short_exit_event* sent = bpf_ringbuf_reserve(&events, sizeof(*sent), 0);
  int i;

  if (!sent) return false;
  sent->header.kind = FS_EVENT_SHORT_EXIT;
  sent->header.bytes = sizeof(*sent);
  sent->header.boot_time_ns = event->header.boot_time_ns;
  sent->process = event->process;
  sent->wait_status = event->wait_status;
  for (i = 0; i < FS_EXIT_NUMBERS; i++) sent->numbers[i] = numbers[i];
  bpf_ringbuf_submit(sent, flags);
  return true;
}

static __noinline bool send_long(const struct fs_exit_event* event) {
  return !bpf_ringbuf_output(&events, (void*)event, sizeof(*event),
                             wake_if_filled_by(sizeof(*event)));
}

static __noinline void count_lost(void) {
  struct fs_drop_counters* counters = drop_counters();

  if (counters) __sync_fetch_and_add(&counters->exit_ring_full, 1);
}

/* The ring's memory is cold: each line of it that is not written counts. */
static __always_inline void send(const struct fs_exit_event* event) {
  bool is_sent = is_short(event) ? send_short(event) : send_long(event);

  if (!is_sent) count_lost();
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

enum { MOST_ANCESTORS = 16 };

/* A fork runs its parent's program until it calls execve; the parent may itself be such a fork. */
static __always_inline void fill_forked_from(struct fs_exit_event* event,
                                             struct task_struct* task) {
  struct task_struct* ancestor = task->group_leader;
  int i;

  event->forked_from_tgid = 0;
  event->forked_from_start_boot_ns = 0;
  if (!(ancestor->flags & PF_FORKNOEXEC)) return;
  for (i = 0; i < MOST_ANCESTORS; i++) {
    ancestor = ancestor->real_parent->group_leader;
    if (ancestor->flags & PF_FORKNOEXEC) continue;
    event->forked_from_tgid = ancestor->tgid;
    event->forked_from_start_boot_ns = ancestor->start_boottime;
    return;
  }
}

static __always_inline __u64 connections_of(struct task_struct* task) {
  struct task_struct* leader = task->group_leader;
  const __u64* asked;

  if (!leader->bpf_storage) return 0; /* as of most processes: spares the call */
  asked = bpf_task_storage_get(&asked_connections, leader, 0, 0);
  return asked ? *asked : 0;
}

enum { MOST_THREADS = 1024 };

struct thread_walk {
  struct fs_exit_event* event;
  __u64 known; /* address of the task that is in the event already */
  __u64 node;  /* address of the next thread's thread_node */
  __u64 head;
};

static long add_thread(__u32 index, struct thread_walk* walk) {
  struct task_struct* thread;

  if (walk->node == walk->head) return 1;
  thread = (void*)(walk->node - bpf_core_field_offset(struct task_struct, thread_node));
  if ((__u64)thread != walk->known) ADD_USE(walk->event, BY_PROBING, thread, se.sum_exec_runtime);
  walk->node = (__u64)BPF_CORE_READ(thread, thread_node.next);
  return 0;
}

/* Of the threads that are not yet released, and so in no sum: always the leader, and those that end
 * together with this one. */
static __always_inline void add_other_threads(struct fs_exit_event* event,
                                              struct task_struct* task) {
  struct signal_struct* signal = task->signal;
  struct thread_walk walk = {
      .event = event,
      .known = (__u64)task,
      .node = (__u64)signal->thread_head.next,
      .head = (__u64)signal + bpf_core_field_offset(struct signal_struct, thread_head),
  };

  if (signal->nr_threads > 1) bpf_loop(MOST_THREADS, add_thread, &walk, 0);
}

static __always_inline void fill_exit(struct fs_exit_event* event, struct task_struct* task) {
  struct task_struct* leader = task->group_leader;
  struct signal_struct* signal = task->signal;

  event->header.kind = FS_EVENT_EXIT;
  event->header.bytes = sizeof(*event);
  event->header.boot_time_ns = bpf_ktime_get_boot_ns();
  fill_process(&event->process, task);
  fill_forked_from(event, task);
  event->wait_status = WAIT_STATUS(DIRECTLY, leader, signal);
  event->peak_rss_bytes = peak_rss_pages(task) * page_bytes;
  event->connections = connections_of(task);
  forget_use(event);
  ADD_USE(event, DIRECTLY, signal, sum_sched_runtime);
  ADD_USE(event, DIRECTLY, task, se.sum_exec_runtime);
  add_other_threads(event, task);
}

/* For who finds its slot in another's hands. */
static __noinline void send_at_once(struct task_struct* task) {
  struct fs_exit_event event = {};

  fill_exit(&event, task);
  send(&event);
}

/* Makes room in a near slot, which the caller has claimed, of the process that had it. */
static __noinline void move_away(const struct ended_slot* near, __u64 owner) {
  __u32 index = far_index(near->event.process.tgid);
  struct ended_slot* far = slot_at(index);
  __u64 met;

  if (!far) return; /* cannot be: the array has this element */
  met = far->owner;
  if ((met & IN_USE) || __sync_val_compare_and_swap(&far->owner, met, owner | IN_USE) != met) {
    send(&near->event);
    return;
  }
  if (met) send(&far->event);
  far->leader = near->leader;
  far->event = near->event;
  hand_over(far, owner);
  mark(index);
}

static __always_inline bool has_moved(__u32 tgid, __u64 key) {
  const struct ended_slot* far = slot_at(far_index(tgid));

  return far && (far->owner & ~(__u64)IN_USE) == key;
}

/* All threads are on their way out when `live` is 0. That is so for several of the last ones, on
 * several CPUs at once: the first of them takes the slot in the process's name and puts the event
 * aside, the others find that name. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_process_exit, struct task_struct* task) {
  struct task_struct* leader = task->group_leader;
  __u64 key = owner_key(leader), owner, found;
  __u32 index = near_index(task->tgid);
  struct ended_slot* slot;

  if (task->signal->live.counter != 0) return 0;
  slot = slot_at(index);
  if (!slot) return 0; /* cannot be: the array has this element */
  owner = slot->owner;
  if (owner && owner != key && has_moved(task->tgid, key)) return 0;
  found = owner;
  if (!(owner & IN_USE) && owner != key)
    found = __sync_val_compare_and_swap(&slot->owner, owner, key | IN_USE);
  if ((found & ~(__u64)IN_USE) == key) return 0; /* another of its last threads has put it aside */
  if (found != owner || (owner & IN_USE)) {
    send_at_once(task);
    return 0;
  }
  if (owner) move_away(slot, owner);
  fill_exit(&slot->event, task);
  slot->leader = (__u64)leader;
  hand_over(slot, key);
  mark(index); /* after that, so that a sweep in between leaves it marked or finds it */
  return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(on_process_free, struct task_struct* task) {
  __u64 key = owner_key(task);
  struct signal_struct* signal = task->signal;
  struct ended_slot* slot;
  struct fs_exit_event* event;

  /* The leader is released last: its signal's sums have everything. */
  if (task->pid != task->tgid) return 0;
  slot = slot_at(near_index(task->tgid));
  if (slot && slot->owner != key) slot = slot_at(far_index(task->tgid));
  if (!slot || slot->owner != key || !claim(slot, key)) return 0;
  event = &slot->event;
  event->wait_status = WAIT_STATUS(DIRECTLY, task, signal);
  forget_use(event);
  ADD_USE(event, DIRECTLY, signal, sum_sched_runtime);
  /* A parent on another CPU can be quick to reap; then the leader's own last run is in its task
   * only. */
  if (event->cpu_ns < task->se.sum_exec_runtime) event->cpu_ns = task->se.sum_exec_runtime;
  send(event);
  hand_over(slot, 0);
  return 0;
}

struct sweep {
  __u64 ended_before_ns;
  __u64 marked; /* of the word */
  __u32 word;
  __u32 waiting;
};

/* Whether a leader is still the process of that event, and not freed or another's by now. */
static __always_inline bool is_leader_of(struct task_struct* leader,
                                         const struct fs_exit_event* event) {
  return BPF_CORE_READ(leader, usage.refs.counter) > 0 &&
         BPF_CORE_READ(leader, tgid) == event->process.tgid &&
         BPF_CORE_READ(leader, start_boottime) == event->process.start_boot_ns;
}

/*
 * Completes one that ended before a time and is still there: its parent does not reap it, and all
 * its threads but the leader are in the sums. That the slot can be claimed shows that the leader
 * had not been freed by then.
 */
static long finish_if_old(__u32 bit, struct sweep* sweep) {
  __u32 index = sweep->word * SLOTS_OF_WORD + bit;
  struct task_struct* leader;
  struct fs_exit_event* event;
  struct signal_struct* signal;
  struct ended_slot* slot;
  __u64 owner;

  if (!(sweep->marked & (1ULL << (bit % SLOTS_OF_WORD)))) return 0;
  slot = bpf_map_lookup_elem(&ended, &index);
  if (!slot) return 0;
  owner = slot->owner;
  if (!owner || (owner & IN_USE)) return 0; /* in use: freed next, or marked next */
  leader = (struct task_struct*)slot->leader;
  event = &slot->event;
  if (event->header.boot_time_ns >= sweep->ended_before_ns || !claim(slot, owner)) {
    sweep->waiting++;
    mark(index);
    return 0;
  }
  if (is_leader_of(leader, event)) {
    signal = BPF_CORE_READ(leader, signal);
    event->wait_status = WAIT_STATUS(BY_PROBING, leader, signal);
    forget_use(event);
    ADD_USE(event, BY_PROBING, signal, sum_sched_runtime);
    if (BPF_CORE_READ(signal, nr_threads) > 0) /* else the leader, too, is in the sums */
      ADD_USE(event, BY_PROBING, leader, se.sum_exec_runtime);
  }
  send(event);
  hand_over(slot, 0);
  return 0;
}

static long sweep_word(__u32 word, struct sweep* sweep) {
  if (word >= MARK_WORDS) return 1; /* cannot be: for the verifier */
  if (!marks[word]) return 0;
  sweep->word = word;
  sweep->marked = __sync_lock_test_and_set(&marks[word], 0);
  bpf_loop(SLOTS_OF_WORD, finish_if_old, sweep, 0);
  return 0;
}

/* Never attached: the reader runs it, with the time as its argument. Returns how many still wait.
 */
SEC("raw_tp")
int sweep_ended(struct bpf_raw_tracepoint_args* ctx) {
  struct sweep sweep = {.ended_before_ns = ctx->args[0]};

  bpf_loop(MARK_WORDS, sweep_word, &sweep, 0);
  return sweep.waiting;
}

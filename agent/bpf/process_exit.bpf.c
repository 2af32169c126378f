/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * sched_process_exit fires for every thread; what we want is the process's last. Two shapes of it:
 *  - since 6.16 it passes `group_dead` and fires while the process still has its memory;
 *  - before, it fires after the memory is gone, and `signal->live` tells: 0 once every thread is on its way
 *    out. That can hold for several of the last threads, the first of which reports.
 * The loader picks the program that fits the running kernel's prototype.
 *
 * A thread's use is added to the process's sums when it is released, which is after this tracepoint, and
 * for many threads at once when a process is ended as a whole. So the threads not yet released are walked.
 */
#include "agent/bpf/ring.bpf.h"
#include "agent/bpf/process.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 page_bytes = 4096;

enum {
	MOST_THREADS = 16384, /* walked at most; use of threads beyond is not counted */
	ATTEMPTS = 3,         /* at sums that another CPU is changing */
};

struct use {
	__u64 cpu_ns, user_ns, system_ns;
	__u64 read_bytes, written_bytes, read_calls, write_calls;
	__u64 minor_faults, major_faults;
	__u64 voluntary_switches, involuntary_switches;
};

/*
 * Tasks and signals name these fields alike, but for the run time. What the verifier knows is read
 * directly, what was found by walking a list is read by probing.
 */
#define DIRECTLY(from, field) ((from)->field)
#define BY_PROBING(from, field) BPF_CORE_READ(from, field)
#define ADD_USE(use, READ, from, run_time)                                    \
	do {                                                                  \
		(use)->cpu_ns += READ(from, run_time);                        \
		(use)->user_ns += READ(from, utime);                          \
		(use)->system_ns += READ(from, stime);                        \
		(use)->minor_faults += READ(from, min_flt);                   \
		(use)->major_faults += READ(from, maj_flt);                   \
		(use)->voluntary_switches += READ(from, nvcsw);               \
		(use)->involuntary_switches += READ(from, nivcsw);            \
		if (bpf_core_field_exists((from)->ioac)) {                    \
			(use)->read_bytes += READ(from, ioac.read_bytes);     \
			(use)->written_bytes += READ(from, ioac.write_bytes); \
			(use)->read_calls += READ(from, ioac.syscr);          \
			(use)->write_calls += READ(from, ioac.syscw);         \
		}                                                             \
	} while (0)

struct walk {
	struct use use;
	struct list_head *next;
	struct list_head *end;
};

/* For bpf_loop(): 1 ends it. */
static long add_next_thread(__u32 index, struct walk *walk)
{
	struct task_struct *thread;

	if (!walk->next || walk->next == walk->end)
		return 1;
	thread = (void *)walk->next - bpf_core_field_offset(struct task_struct, thread_node);
	ADD_USE(&walk->use, BY_PROBING, thread, se.sum_exec_runtime);
	walk->next = BPF_CORE_READ(thread, thread_node.next);
	return 0;
}

/* A bpf_loop() and not the open-coded task iterator, which needs 6.7: tracepoints run as RCU readers, under
 * which this list may be followed. */
static __always_inline void sum_all_threads(struct walk *walk, struct signal_struct *signal)
{
	__builtin_memset(&walk->use, 0, sizeof(walk->use));
	ADD_USE(&walk->use, DIRECTLY, signal, sum_sched_runtime);
	walk->end = __builtin_preserve_access_index(&signal->thread_head);
	walk->next = signal->thread_head.next;
	bpf_loop(MOST_THREADS, add_next_thread, walk, 0);
}

static __always_inline void sum_use(struct walk *walk, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	unsigned int sequence;

	if (signal->nr_threads == 1) {
		__builtin_memset(&walk->use, 0, sizeof(walk->use));
		ADD_USE(&walk->use, DIRECTLY, signal, sum_sched_runtime);
		ADD_USE(&walk->use, DIRECTLY, task, se.sum_exec_runtime);
		return;
	}
	/* A thread being released moves from the list to the sums; the sequence tells whether one did. */
	for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
		sequence = signal->stats_lock.seqcount.seqcount.sequence;
		sum_all_threads(walk, signal);
		if (!(sequence & 1) && sequence == signal->stats_lock.seqcount.seqcount.sequence)
			break;
	}
}

/* The most that was resident at once. Not signal->maxrss where there is a choice: it includes what the
 * process was before execve, that is its parent's memory. */
static __always_inline __u64 peak_rss_pages(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	__s64 now;

	if (!mm)
		return task->signal->maxrss;
	/* Each count leaves out what CPUs have not yet folded in, as getrusage does, and may so be below 0. */
	now = mm->rss_stat[MM_FILEPAGES].count + mm->rss_stat[MM_ANONPAGES].count +
	      mm->rss_stat[MM_SHMEMPAGES].count;
	return now > (__s64)mm->hiwater_rss ? (__u64)now : mm->hiwater_rss;
}

static __always_inline __u32 wait_status(struct task_struct *task)
{
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->group_exit_code;
	return task->group_leader->exit_code;
}

static __always_inline int report_exit(struct task_struct *task)
{
	__u64 boot_time_ns = bpf_ktime_get_boot_ns();
	__u64 flags = wake_if_filled_by(sizeof(struct fs_exit_event));
	struct fs_drop_counters *counters;
	struct fs_exit_event *event;
	struct walk walk;

	sum_use(&walk, task);
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		counters = drop_counters();
		if (counters)
			__sync_fetch_and_add(&counters->exit_ring_full, 1);
		return 0;
	}
	event->header.kind = FS_EVENT_EXIT;
	event->header.bytes = sizeof(*event);
	event->header.boot_time_ns = boot_time_ns;
	fill_process(&event->process, task);
	event->wait_status = wait_status(task);
	event->reserved = 0;
	event->cpu_ns = walk.use.cpu_ns;
	event->user_ns = walk.use.user_ns;
	event->system_ns = walk.use.system_ns;
	event->peak_rss_bytes = peak_rss_pages(task) * page_bytes;
	event->read_bytes = walk.use.read_bytes;
	event->written_bytes = walk.use.written_bytes;
	event->read_calls = walk.use.read_calls;
	event->write_calls = walk.use.write_calls;
	event->minor_faults = walk.use.minor_faults;
	event->major_faults = walk.use.major_faults;
	event->voluntary_switches = walk.use.voluntary_switches;
	event->involuntary_switches = walk.use.involuntary_switches;
	bpf_ringbuf_submit(event, flags);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_process_exit, struct task_struct *task, bool group_dead)
{
	return group_dead ? report_exit(task) : 0;
}

struct process_key {
	__u64 start_boot_ns;
	__u64 tgid;
};

/* Processes of several threads that were reported lately, so that only the first of their last threads is. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct process_key);
	__type(value, __u8);
} reported SEC(".maps");

static __always_inline bool was_reported(struct task_struct *task)
{
	struct process_key key = {
		.start_boot_ns = task->group_leader->start_boottime,
		.tgid = task->tgid,
	};
	__u8 yes = 1;

	/* One thread from beginning to end: no other can have reported. */
	if (task->signal->nr_threads == 1 && task->signal->sum_sched_runtime == 0)
		return false;
	return bpf_map_update_elem(&reported, &key, &yes, BPF_NOEXIST) == -17 /* EEXIST */;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_process_exit_before_6_16, struct task_struct *task)
{
	if (task->signal->live.counter != 0 || was_reported(task))
		return 0;
	return report_exit(task);
}

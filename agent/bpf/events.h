/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The contract between the BPF programs and the agent. Compiles for the BPF target, g++ and
 * clang++. Fixed-width fields, explicit padding, tails bounded and with their length. An event is
 * one ring buffer record; its kind is in the header.
 */
#ifndef FORESHOCK_BPF_EVENTS_H
#define FORESHOCK_BPF_EVENTS_H

#ifdef __bpf__
#include "agent/bpf/kernel_types.h"
#else
#include <linux/types.h>
#endif

#ifdef __cplusplus
#define FS_STATIC_ASSERT static_assert
#else
#define FS_STATIC_ASSERT _Static_assert
#endif

/* NOLINTBEGIN(readability-identifier-naming): C names, as the kernel side writes them */
enum fs_limits {
  FS_COMM_BYTES = 16,
  FS_FILENAME_BYTES = 4095, /* longest file name the kernel takes, without its NUL */
  FS_ARGV_BYTES = 4096,     /* longest argv kept */
  FS_NAME_BYTES = 256,      /* longest name of a directory, with its NUL */
  FS_CWD_BYTES = 1280,      /* longest working directory kept */
  FS_TTY_BYTES = 16,
  FS_WATCHED_NAMES = 1024,
  FS_EXIT_NUMBERS = 13, /* from cpu_ns on */
};

enum fs_event_kind {
  FS_EVENT_ROOMY_EXEC = 1, /* of programs before those that send the next one */
  FS_EVENT_EXIT = 2,
  FS_EVENT_SHORT_EXIT = 3,
  FS_EVENT_EXEC = 4,
};

#define FS_NO_ID 0xffffffffu /* login_uid, session_id: nobody logged in */

struct fs_event_header {
  __u32 kind;         /* fs_event_kind */
  __u32 bytes;        /* of the whole event, this header included */
  __u64 boot_time_ns; /* CLOCK_BOOTTIME */
};

/*
 * A watched executable. The kernel names a process after the base name of the executed file, cut to
 * 15 bytes; that is compared, so a name of which only the rest differs wakes the reader too,
 * harmlessly.
 */
struct fs_watched_name {
  __u8 comm[FS_COMM_BYTES]; /* NUL padded */
};

/* One of 64 bits that the name stands for: a name whose bit no watched name has is none of them. */
static inline __u64 fs_watched_mark(const struct fs_watched_name* name) {
  __u64 halves[2];

  __builtin_memcpy(halves, name->comm, sizeof(halves));
  return (__u64)1 << ((halves[0] ^ halves[1]) * 0x9e3779b97f4a7c15ull >> 58);
}

/* What both events say about the process. */
struct fs_process {
  __u32 tgid;
  __u32 parent_tgid;
  __u64 start_boot_ns; /* of the group leader */
  __u64 parent_start_boot_ns;
  __u64 cgroup_id; /* inode of its directory in the workload hierarchy */
  __u32 uid;
  __u32 gid;
  __u32 login_uid;
  __u32 session_id;
  __u8 comm[FS_COMM_BYTES]; /* of the group leader, NUL terminated */
};

/*
 * Followed by cwd_bytes of the working directory, filename_bytes of the file name, argv_bytes of
 * argv, tty_bytes of the terminal's name, without padding. The working directory is its names, each
 * ended by NUL, the innermost first, up to the process's root.
 */
struct fs_exec_event {
  struct fs_event_header header;
  struct fs_process process;
  __u32 argv_true_bytes; /* before truncation to FS_ARGV_BYTES */
  __u16 argv_bytes;      /* in the tail, at most FS_ARGV_BYTES */
  __u16 filename_bytes;  /* in the tail, at most FS_FILENAME_BYTES, without a NUL */
  __u16 cwd_bytes;       /* in the tail, at most FS_CWD_BYTES */
  __u8 tty_bytes;        /* in the tail, less than FS_TTY_BYTES: "pts3"; 0: none */
  __u8 cwd_is_cut;       /* 1: too long or too deep, its outermost names are missing */
  __u32 reserved;
};

struct fs_exit_event {
  struct fs_event_header header;
  struct fs_process process;
  __u32 wait_status; /* as wait(2) reports it */
  /* Of a fork that never called execve: the nearest ancestor that did. 0: it did itself, or none is
   * known. */
  __u32 forked_from_tgid;
  __u64 forked_from_start_boot_ns;
  __u64 cpu_ns; /* all threads, dead and alive */
  __u64 user_ns;
  __u64 system_ns;
  __u64 peak_rss_bytes;
  __u64 read_bytes;
  __u64 written_bytes;
  __u64 read_calls;
  __u64 write_calls;
  __u64 minor_faults;
  __u64 major_faults;
  __u64 voluntary_switches;
  __u64 involuntary_switches;
  __u64 connections; /* TCP, asked for by connect(2) */
};

/* What almost every exit is sent as: the numbers of fs_exit_event from cpu_ns on, in their order,
 * where all of them are below 2^32. Not of a fork that never called execve. */
struct fs_short_exit_event {
  struct fs_event_header header;
  struct fs_process process;
  __u32 wait_status;
  __u32 numbers[FS_EXIT_NUMBERS];
};

/* What the process iterator writes: for each process one of these, then one fs_task_use for each
 * further thread. */
enum fs_task_kind {
  FS_TASK_PROCESS = 1,
  FS_TASK_THREAD = 2,
};

/* Of one thread; a process's first record has in it what its ended threads used. */
struct fs_task_use {
  __u32 kind; /* fs_task_kind */
  __u32 tgid;
  __u64 cpu_ns;
  __u64 user_ns;
  __u64 system_ns;
  __u64 read_bytes;
  __u64 written_bytes;
  __u64 read_calls;
  __u64 write_calls;
  __u64 minor_faults;
  __u64 major_faults;
  __u64 voluntary_switches;
  __u64 involuntary_switches;
};

struct fs_process_use {
  struct fs_task_use use;
  struct fs_process process;
  __u64 resident_bytes;
  __u64 peak_resident_bytes;
  __u32 threads;
  __u32 kernel_thread; /* 1: has no program of its own */
};

enum fs_traffic_limits {
  FS_TRAFFIC_WORKLOADS = 4096,
  FS_LIFETIME_BUCKETS = 32,
};

/*
 * Network traffic of one workload, by its cgroup's id, since the programs were loaded. Bucket n of
 * the lifetimes counts accepted connections that the workload began to close 2^n to 2^(n+1)
 * microseconds after they were established.
 */
struct fs_traffic {
  __u64 received_bytes;
  __u64 sent_bytes;
  __u64 accepted;
  __u64 connected;
  __u64 lifetimes[FS_LIFETIME_BUCKETS];
};

/* One per-CPU record of what could not be delivered since the programs were loaded. */
struct fs_drop_counters {
  __u64 exec_ring_full;
  __u64 exit_ring_full;
};

FS_STATIC_ASSERT(sizeof(struct fs_event_header) == 16, "fs_event_header");
FS_STATIC_ASSERT(sizeof(struct fs_process) == 64, "fs_process");
FS_STATIC_ASSERT(sizeof(struct fs_exec_event) == 96, "fs_exec_event");
FS_STATIC_ASSERT(sizeof(struct fs_traffic) == 288, "fs_traffic");
FS_STATIC_ASSERT(sizeof(struct fs_task_use) == 96, "fs_task_use");
FS_STATIC_ASSERT(sizeof(struct fs_process_use) == 184, "fs_process_use");
FS_STATIC_ASSERT(sizeof(struct fs_exit_event) == 200, "fs_exit_event");
FS_STATIC_ASSERT(sizeof(struct fs_short_exit_event) == 136, "fs_short_exit_event");
/* NOLINTEND(readability-identifier-naming) */

#endif

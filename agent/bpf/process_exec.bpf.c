/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * sched_process_exec fires in the new program's context, after execve can no longer fail: argv lies
 * in the new address space, in pages that execve itself has just written, and names are those of
 * the new program.
 */
#include "agent/bpf/directory.bpf.h"
#include "agent/bpf/ring.bpf.h"
#include "agent/bpf/process.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

/* The event is put together here because its length is known only at the end. */
struct exec_scratch {
  struct fs_exec_event event;
  __u8 tail[DIRECTORY_ROOM + FS_FILENAME_BYTES + 1 + FS_ARGV_BYTES + FS_TTY_BYTES];
};

/* One per CPU is enough: a tracepoint's program is neither preempted nor entered twice on a CPU. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct exec_scratch);
} exec_scratch SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, FS_WATCHED_NAMES);
  __type(key, struct fs_watched_name);
  __type(value, __u8);
} watched_names SEC(".maps");

/* The fs_watched_mark() of all of them: an array's element is at hand, a hash costs a call. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} watched_marks SEC(".maps");

static __always_inline bool is_watched(const struct fs_process* process) {
  __u32 only = 0;
  const __u64* marks = bpf_map_lookup_elem(&watched_marks, &only);
  /* A copy: older kernels take a map key from the stack only. The kernel pads comm with NULs. */
  struct fs_watched_name name;

  __builtin_memcpy(name.comm, process->comm, sizeof(name.comm));
  if (!marks || !(*marks & fs_watched_mark(&name))) return false;
  return bpf_map_lookup_elem(&watched_names, &name) != NULL;
}

/* The file's name behind the working directory; returns its length. */
static __always_inline __u64 fill_filename(struct exec_scratch* scratch, __u64 offset,
                                           struct linux_binprm* bprm) {
  long with_nul =
      bpf_probe_read_kernel_str(scratch->tail + offset, FS_FILENAME_BYTES + 1, bprm->filename);

  if (with_nul <= 0) return 0;
  /* Changes nothing; the verifier needs the bound. */
  return (with_nul - 1) & FS_FILENAME_BYTES;
}

/* argv behind the file's name; returns how much of it there is. What cannot be read counts as
 * truncated. */
static __always_inline __u64 fill_argv(struct exec_scratch* scratch, __u64 offset,
                                       struct mm_struct* mm) {
  unsigned long start = mm->arg_start;
  __u64 bytes = mm->arg_end - start;

  scratch->event.argv_true_bytes = bytes;
  if (bytes > FS_ARGV_BYTES) bytes = FS_ARGV_BYTES;
  /* Keeps the compiler from moving the check to a register that the verifier does not connect with
   * this one. */
  asm volatile("" : "+r"(bytes));
  if (bytes > FS_ARGV_BYTES) return 0;
  if (bpf_probe_read_user(scratch->tail + offset, bytes, (const void*)start)) return 0;
  return bytes;
}

/* The terminal's name behind argv; returns its length. */
static __always_inline __u64 fill_tty(struct exec_scratch* scratch, __u64 offset,
                                      struct tty_struct* tty) {
  long with_nul = bpf_probe_read_kernel_str(scratch->tail + offset, FS_TTY_BYTES, tty->name);

  if (with_nul <= 0) return 0;
  /* Changes nothing; the verifier needs the bound. */
  return (with_nul - 1) & (FS_TTY_BYTES - 1);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_process_exec, struct task_struct* task, int old_pid, struct linux_binprm* bprm) {
  __u32 only = 0;
  struct exec_scratch* scratch = bpf_map_lookup_elem(&exec_scratch, &only);
  struct fs_drop_counters* counters;
  struct directory_names cwd = {};
  struct fs_exec_event* event;
  struct tty_struct* tty;
  __u64 cwd_bytes, filename_bytes, argv_bytes, tty_bytes = 0, bytes, flags;

  if (!scratch) return 0; /* cannot be: the map has this element */
  event = &scratch->event;
  fill_process(&event->process, task);
  if (task->fs) cwd = fill_cwd(scratch->tail, task->fs);
  /* Changes nothing; the verifier needs the bound. */
  cwd_bytes = cwd.bytes & (DIRECTORY_ROOM - 1);
  filename_bytes = fill_filename(scratch, cwd_bytes, bprm);
  argv_bytes = fill_argv(scratch, cwd_bytes + filename_bytes, task->mm);
  tty = task->signal->tty;
  if (tty) tty_bytes = fill_tty(scratch, cwd_bytes + filename_bytes + argv_bytes, tty);
  bytes = sizeof(*event) + cwd_bytes + filename_bytes + argv_bytes + tty_bytes;

  event->header.kind = FS_EVENT_EXEC;
  event->header.bytes = bytes;
  event->header.boot_time_ns = bpf_ktime_get_boot_ns();
  event->argv_bytes = argv_bytes;
  event->filename_bytes = filename_bytes;
  event->cwd_bytes = cwd_bytes;
  event->tty_bytes = tty_bytes;
  event->cwd_is_cut = cwd.is_cut;
  event->reserved = 0;

  flags = is_watched(&event->process) ? BPF_RB_FORCE_WAKEUP : wake_if_filled_by(bytes);
  if (bpf_ringbuf_output(&events, scratch, bytes, flags)) {
    counters = drop_counters();
    if (counters) __sync_fetch_and_add(&counters->exec_ring_full, 1);
  }
  return 0;
}

/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The little of the kernel's types that our programs read, in place of a vmlinux.h: only the fields
 * read, in any order; the loader finds their real place in the running kernel's BTF. A field that
 * not every supported kernel has is read behind bpf_core_field_exists().
 */
#ifndef FORESHOCK_BPF_KERNEL_TYPES_H
#define FORESHOCK_BPF_KERNEL_TYPES_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef _Bool bool;

#define true 1
#define false 0
#define NULL ((void*)0)

/* Of linux/bpf.h, which needs the host's own headers to compile. */
enum bpf_map_type {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_LRU_HASH = 9,
  BPF_MAP_TYPE_RINGBUF = 27,
  BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
  BPF_NOEXIST = 1,

  BPF_F_NO_PREALLOC = 1,
  BPF_LOCAL_STORAGE_GET_F_CREATE = 1,

  BPF_RB_NO_WAKEUP = 1,
  BPF_RB_FORCE_WAKEUP = 2,
  BPF_RB_AVAIL_DATA = 0,
};

struct bpf_raw_tracepoint_args {
  __u64 args[1];
};

/* Only its beginning; its layout is a promise. */
struct __sk_buff {
  __u32 len;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
  int counter;
} atomic_t;

typedef struct {
  atomic_t refs;
} refcount_t;

typedef struct {
  __u32 val;
} kuid_t;

typedef struct {
  __u32 val;
} kgid_t;

struct kernfs_node {
  __u64 id;
};

struct cgroup {
  struct kernfs_node* kn;
};

struct cgroup_subsys_state {
  struct cgroup* cgroup;
};

enum cgroup_subsys_id {
  cpu_cgrp_id = 1, /* the running kernel's number is looked up when the program is loaded */
};

struct css_set {
  struct cgroup_subsys_state* subsys[2]; /* and more */
  struct cgroup* dfl_cgrp;
};

struct cred {
  kuid_t uid;
  kgid_t gid;
};

/* Of <linux/mm_types_task.h>: the indexes of rss_stat that count as resident memory. */
enum {
  MM_FILEPAGES = 0,
  MM_ANONPAGES = 1,
  MM_SHMEMPAGES = 3,
};

/* rss_stat has this shape since 6.2; before, the exit tracepoint came after the memory was given
 * back. */
struct percpu_counter {
  __s64 count;
};

typedef struct {
  __s64 counter;
} atomic64_t;

struct mm_rss_stat___before_6_2 {
  atomic64_t count[4];
};

struct mm_struct___before_6_2 {
  struct mm_rss_stat___before_6_2 rss_stat;
};

struct mm_struct {
  unsigned long hiwater_rss; /* pages */
  unsigned long arg_start;
  unsigned long arg_end;
  struct percpu_counter rss_stat[4];
};

/* Names of directories, and where they are mounted. */
struct qstr {
  const unsigned char* name;
};

struct dentry {
  struct dentry* d_parent;
  struct qstr d_name;
};

struct vfsmount {
  struct dentry* mnt_root;
};

struct mount {
  struct mount* mnt_parent;
  struct dentry* mnt_mountpoint;
  struct vfsmount mnt;
};

struct path {
  struct vfsmount* mnt;
  struct dentry* dentry;
};

struct fs_struct {
  struct path root;
  struct path pwd;
};

struct tty_struct {
  char name[64];
};

struct task_io_accounting {
  __u64 syscr;
  __u64 syscw;
  __u64 read_bytes;
  __u64 write_bytes;
};

struct sched_entity {
  __u64 sum_exec_runtime;
};

enum {
  SIGNAL_GROUP_EXIT = 0x00000004,
};

enum {
  PF_FORKNOEXEC = 0x00000040,
  PF_KTHREAD = 0x00200000,
};

struct list_head {
  struct list_head* next;
};

/* Sums are over the threads that were released already. */
struct signal_struct {
  atomic_t live;
  int nr_threads;               /* not released yet */
  struct list_head thread_head; /* these, by their thread_node */
  unsigned int flags;
  int group_exit_code;
  __u64 utime;
  __u64 stime;
  unsigned long nvcsw;
  unsigned long nivcsw;
  unsigned long min_flt;
  unsigned long maj_flt;
  unsigned long maxrss; /* pages */
  struct task_io_accounting ioac;
  unsigned long long sum_sched_runtime;
  struct tty_struct* tty; /* the controlling terminal, or NULL */
};

struct bpf_local_storage;

struct task_struct {
  refcount_t usage;
  unsigned int flags;
  int pid;
  int tgid;
  int exit_code;
  char comm[16];
  struct task_struct* real_parent;
  struct task_struct* group_leader;
  struct list_head thread_node;
  struct signal_struct* signal;
  struct mm_struct* mm;
  struct css_set* cgroups;
  struct fs_struct* fs;
  const struct cred* cred;
  kuid_t loginuid;        /* where the kernel has CONFIG_AUDIT */
  unsigned int sessionid; /* likewise */
  __u64 start_boottime;
  struct sched_entity se;
  __u64 utime;
  __u64 stime;
  unsigned long nvcsw;
  unsigned long nivcsw;
  unsigned long min_flt;
  unsigned long maj_flt;
  struct task_io_accounting ioac;        /* where the kernel has CONFIG_TASK_IO_ACCOUNTING */
  struct bpf_local_storage* bpf_storage; /* NULL: nothing is stored with it */
};

struct linux_binprm {
  const char* filename;
};

struct sock_common {
  unsigned short skc_family;
};

struct sock_cgroup_data {
  struct cgroup* cgroup;
};

struct sock {
  struct sock_common __sk_common;
  __u16 sk_protocol;
  struct sock_cgroup_data sk_cgrp_data; /* where the kernel has CONFIG_SOCK_CGROUP_DATA */
};

struct seq_file;

struct bpf_iter_meta {
  struct seq_file* seq;
};

struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
};

#pragma clang attribute pop

#endif

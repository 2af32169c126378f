/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The path of a process's working directory. bpf_d_path() is not allowed at sched_process_exec, and
 * /proc can no longer be asked when a short command has ended: so the names are followed upwards
 * here, across mounts, up to the process's own root, as getcwd(2) does.
 */
#ifndef FORESHOCK_BPF_DIRECTORY_BPF_H
#define FORESHOCK_BPF_DIRECTORY_BPF_H

#include "agent/bpf/events.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

enum {
  DIRECTORY_STEPS = 32,  /* names and mounts, together */
  DIRECTORY_ROOM = 2048, /* a power of two above FS_CWD_BYTES: the bound that the verifier sees */
};

struct directory_names {
  __u32 bytes;
  __u32 is_cut;
};

static __always_inline struct mount* mount_of(struct vfsmount* mnt) {
  return (void*)mnt - bpf_core_field_offset(struct mount, mnt);
}

struct directory_walk {
  struct dentry *dentry, *root;
  struct vfsmount *mnt, *root_mnt;
  struct dentry* mnt_root; /* of mnt */
  __u8* room;
  __u64 used;
  __u32 is_complete;
};

/*
 * One name or one mount upwards; 1 ends the walk. A callback of bpf_loop() (5.17) and no loop of
 * our own: the verifier looks at it once, where 6.1 gave up on the paths through 32 rounds of a
 * loop.
 */
static long step_up(__u32 step, struct directory_walk* walk) {
  /* Copies: BPF_CORE_READ would look for the walk itself in the kernel's types. */
  struct dentry *dentry = walk->dentry, *above;
  struct vfsmount* mnt = walk->mnt;
  struct mount *mount, *parent;
  long name_bytes;

  walk->is_complete = dentry == walk->root && mnt == walk->root_mnt;
  if (walk->is_complete) return 1;
  if (dentry == walk->mnt_root) {
    mount = mount_of(mnt);
    parent = BPF_CORE_READ(mount, mnt_parent);
    walk->is_complete = parent == mount; /* outside its root: up to the namespace's */
    if (walk->is_complete) return 1;
    walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
    walk->mnt = (void*)parent + bpf_core_field_offset(struct mount, mnt);
    mnt = walk->mnt;
    walk->mnt_root = BPF_CORE_READ(mnt, mnt_root);
    return 0;
  }
  if (walk->used > FS_CWD_BYTES - FS_NAME_BYTES) return 1;
  name_bytes = bpf_probe_read_kernel_str(walk->room + (walk->used & (DIRECTORY_ROOM / 2 - 1)),
                                         FS_NAME_BYTES, BPF_CORE_READ(dentry, d_name.name));
  if (name_bytes <= 0) return 1;
  walk->used += name_bytes;
  above = BPF_CORE_READ(dentry, d_parent);
  walk->is_complete = above == dentry; /* of a file system that is mounted nowhere any more */
  walk->dentry = above;
  return walk->is_complete;
}

/* Names to `room` (DIRECTORY_ROOM bytes), each with its NUL, the innermost first. */
static __always_inline struct directory_names fill_cwd(__u8* room, struct fs_struct* fs) {
  struct directory_walk walk = {
      .dentry = fs->pwd.dentry,
      .root = fs->root.dentry,
      .mnt = fs->pwd.mnt,
      .root_mnt = fs->root.mnt,
      .mnt_root = fs->pwd.mnt->mnt_root,
      .room = room,
  };
  struct directory_names names = {};

  bpf_loop(DIRECTORY_STEPS, step_up, &walk, 0);
  names.bytes = walk.used;
  names.is_cut = !walk.is_complete;
  return names;
}

#endif

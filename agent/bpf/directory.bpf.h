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

/* Names to `room` (DIRECTORY_ROOM bytes), each with its NUL, the innermost first. */
static __always_inline struct directory_names fill_cwd(__u8* room, struct fs_struct* fs) {
  struct directory_names names = {};
  struct dentry *dentry = fs->pwd.dentry, *root = fs->root.dentry, *above;
  struct vfsmount *mnt = fs->pwd.mnt, *root_mnt = fs->root.mnt;
  struct mount *mount, *parent;
  __u64 used = 0;
  long name_bytes;
  int step;

  for (step = 0; step < DIRECTORY_STEPS; ++step) {
    if (dentry == root && mnt == root_mnt) goto complete;
    if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
      mount = mount_of(mnt);
      parent = BPF_CORE_READ(mount, mnt_parent);
      if (parent == mount) goto complete; /* outside its root: up to the namespace's */
      dentry = BPF_CORE_READ(mount, mnt_mountpoint);
      mnt = (void*)parent + bpf_core_field_offset(struct mount, mnt);
      continue;
    }
    if (used > FS_CWD_BYTES - FS_NAME_BYTES) break;
    name_bytes = bpf_probe_read_kernel_str(room + (used & (DIRECTORY_ROOM / 2 - 1)), FS_NAME_BYTES,
                                           BPF_CORE_READ(dentry, d_name.name));
    if (name_bytes <= 0) break;
    used += name_bytes;
    above = BPF_CORE_READ(dentry, d_parent);
    if (above == dentry) goto complete; /* of a file system that is mounted nowhere any more */
    dentry = above;
  }
  names.is_cut = 1;
complete:
  names.bytes = used;
  return names;
}

#endif

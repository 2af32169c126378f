/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What exec and exit events both say about a process. */
#ifndef FORESHOCK_BPF_PROCESS_BPF_H
#define FORESHOCK_BPF_PROCESS_BPF_H

#include "agent/bpf/events.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* The workload hierarchy: the v1 tree of the cpu controller, or the v2 tree. */
const volatile bool cgroup_v1 __weak = false;

static __always_inline __u64 workload_cgroup_id(struct task_struct* task) {
  struct css_set* set = task->cgroups;

  if (!cgroup_v1) return set->dfl_cgrp->kn->id;
  if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, cpu_cgrp_id)) return 0;
  /* Second where the kernel has cpusets, else first. Pointers are followed at constant offsets
   * only. */
  if (bpf_core_enum_value(enum cgroup_subsys_id, cpu_cgrp_id) == 0)
    return set->subsys[0]->cgroup->kn->id;
  return set->subsys[1]->cgroup->kn->id;
}

static __always_inline void fill_process(struct fs_process* process, struct task_struct* task) {
  struct task_struct* leader = task->group_leader;
  struct task_struct* parent = task->real_parent;

  process->tgid = task->tgid;
  process->parent_tgid = parent->tgid;
  process->start_boot_ns = leader->start_boottime;
  process->parent_start_boot_ns = parent->group_leader->start_boottime;
  process->cgroup_id = workload_cgroup_id(task);
  process->uid = task->cred->uid.val;
  process->gid = task->cred->gid.val;
  process->login_uid = FS_NO_ID;
  process->session_id = FS_NO_ID;
  if (bpf_core_field_exists(task->loginuid)) process->login_uid = task->loginuid.val;
  if (bpf_core_field_exists(task->sessionid)) process->session_id = task->sessionid;
  __builtin_memcpy(process->comm, leader->comm, sizeof(process->comm));
}

#endif

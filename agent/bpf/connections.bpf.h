/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* TCP connections by process, counted where they are asked for and read at the process's end. */
#ifndef FORESHOCK_BPF_CONNECTIONS_BPF_H
#define FORESHOCK_BPF_CONNECTIONS_BPF_H

#include "agent/bpf/kernel_types.h"

#include <bpf/bpf_helpers.h>

/* Of the group leader; it goes with its task. */
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} asked_connections SEC(".maps") __weak;

#endif

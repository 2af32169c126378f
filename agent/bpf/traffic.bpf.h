/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The counters of network traffic by workload, which the programs of the traffic object share. */
#ifndef FORESHOCK_BPF_TRAFFIC_BPF_H
#define FORESHOCK_BPF_TRAFFIC_BPF_H

#include "agent/bpf/events.h"

#include <bpf/bpf_helpers.h>

/* Full: the reader removes workloads that are gone; what comes until then is counted as left out.
 */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, FS_TRAFFIC_WORKLOADS);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u64);
  __type(value, struct fs_traffic);
} traffic SEC(".maps") __weak;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} traffic_left_out SEC(".maps") __weak;

static __always_inline struct fs_traffic* traffic_of(__u64 cgroup_id) {
  struct fs_traffic* found = bpf_map_lookup_elem(&traffic, &cgroup_id);
  struct fs_traffic empty = {};
  __u32 only = 0;
  __u64* left_out;

  if (found) return found;
  bpf_map_update_elem(&traffic, &cgroup_id, &empty, BPF_NOEXIST);
  found = bpf_map_lookup_elem(&traffic, &cgroup_id);
  if (found) return found;
  left_out = bpf_map_lookup_elem(&traffic_left_out, &only);
  if (left_out) __sync_fetch_and_add(left_out, 1);
  return NULL;
}

#endif

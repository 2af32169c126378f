/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * TCP connections by workload, from the tracepoint that fires at each change of a socket's state
 * (since 4.16): how many were accepted and made, and for how long an accepted one was served, that
 * is until the server begins to close it.
 *
 * A socket knows its v2 cgroup. Of v1 it knows nothing, but connect() and close() run in the
 * process that has it; so there an accepted connection is counted when its server closes it.
 */
#include "agent/bpf/traffic.bpf.h"
#include "agent/bpf/process.bpf.h"
#include "agent/bpf/tcp.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct connection {
  __u64 established_ns; /* 0: not yet */
  __u64 cgroup_id;      /* 0: not known yet */
  __u32 accepted;
  __u32 reserved;
};

/* By the socket's address. Full: the one that nothing has happened to for longest goes. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct connection);
} connections SEC(".maps");

static __always_inline __u64 owner_of(struct sock* socket, bool in_process) {
  if (!cgroup_v1) {
    if (bpf_core_field_exists(socket->sk_cgrp_data)) return socket->sk_cgrp_data.cgroup->kn->id;
    return 0;
  }
  return in_process ? workload_cgroup_id(bpf_get_current_task_btf()) : 0;
}

static __always_inline __u32 bucket_of(__u64 microseconds) {
  __u32 bucket = 0;
  int step;

#pragma unroll
  for (step = 16; step > 0; step /= 2) {
    if (microseconds >> step) {
      microseconds >>= step;
      bucket += step;
    }
  }
  return bucket & (FS_LIFETIME_BUCKETS - 1);
}

static __always_inline void begin(struct sock* socket, __u64 key, int old_state) {
  struct connection* known = bpf_map_lookup_elem(&connections, &key);
  struct connection made = {.established_ns = bpf_ktime_get_ns()};
  struct fs_traffic* of_workload = NULL;

  if (old_state == TCP_SYN_RECV) {
    made.accepted = 1;
    made.cgroup_id = owner_of(socket, false);
    if (made.cgroup_id) of_workload = traffic_of(made.cgroup_id);
    if (of_workload) __sync_fetch_and_add(&of_workload->accepted, 1);
    bpf_map_update_elem(&connections, &key, &made, 0);
    return;
  }
  if (!known) return; /* connected before our time */
  known->established_ns = made.established_ns;
  if (known->cgroup_id) of_workload = traffic_of(known->cgroup_id);
  if (of_workload) __sync_fetch_and_add(&of_workload->connected, 1);
}

static __always_inline void end(struct sock* socket, __u64 key, bool in_process) {
  struct connection* known = bpf_map_lookup_elem(&connections, &key);
  struct fs_traffic* of_workload = NULL;
  struct connection ended;
  __u64 owner;

  if (!known) return;
  ended = *known;
  bpf_map_delete_elem(&connections, &key);
  if (!ended.accepted || !ended.established_ns) return;
  owner = ended.cgroup_id ? ended.cgroup_id : owner_of(socket, in_process);
  if (owner) of_workload = traffic_of(owner);
  if (!of_workload) return;
  if (!ended.cgroup_id) __sync_fetch_and_add(&of_workload->accepted, 1);
  __sync_fetch_and_add(
      &of_workload->lifetimes[bucket_of((bpf_ktime_get_ns() - ended.established_ns) / 1000)], 1);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_socket_state, struct sock* socket, int old_state, int new_state) {
  struct connection connecting = {};
  __u64 key = (__u64)socket;

  if (socket->sk_protocol != IPPROTO_TCP) return 0;
  switch (new_state) {
    case TCP_SYN_SENT:
      connecting.cgroup_id = owner_of(socket, true);
      bpf_map_update_elem(&connections, &key, &connecting, 0);
      break;
    case TCP_ESTABLISHED:
      begin(socket, key, old_state);
      break;
    case TCP_FIN_WAIT1:
    case TCP_LAST_ACK:
      end(socket, key, true);
      break;
    case TCP_CLOSE:
      end(socket, key, false);
      break;
  }
  return 0;
}

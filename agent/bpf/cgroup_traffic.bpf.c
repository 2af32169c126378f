/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * Bytes by workload. Where workloads are v2 cgroups: programs at the root of that tree see every
 * packet of all cgroups below it, with its IP header (cgroup_skb, since 4.10). Where they are v1
 * cgroups, which packets know nothing of: the length of each send and receive, in the context of the
 * process that makes it (tracepoints of sockets, since 6.3; the payload only).
 */
#include "agent/bpf/traffic.bpf.h"
#include "agent/bpf/process.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

enum { LET_PASS = 1 };

SEC("cgroup_skb/ingress")
int count_received(struct __sk_buff* packet) {
  struct fs_traffic* of_workload = traffic_of(bpf_skb_cgroup_id(packet));

  if (of_workload) __sync_fetch_and_add(&of_workload->received_bytes, packet->len);
  return LET_PASS;
}

SEC("cgroup_skb/egress")
int count_sent(struct __sk_buff* packet) {
  struct fs_traffic* of_workload = traffic_of(bpf_skb_cgroup_id(packet));

  if (of_workload) __sync_fetch_and_add(&of_workload->sent_bytes, packet->len);
  return LET_PASS;
}

enum { AF_INET = 2, AF_INET6 = 10, MSG_PEEK = 2 };

static __always_inline bool is_network(struct sock* socket) {
  return socket->__sk_common.skc_family == AF_INET || socket->__sk_common.skc_family == AF_INET6;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_received, struct sock* socket, int length, int flags) {
  struct fs_traffic* of_workload;

  if (length <= 0 || (flags & MSG_PEEK) || !is_network(socket)) return 0;
  of_workload = traffic_of(workload_cgroup_id(bpf_get_current_task_btf()));
  if (of_workload) __sync_fetch_and_add(&of_workload->received_bytes, length);
  return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_sent, struct sock* socket, int length, int flags) {
  struct fs_traffic* of_workload;

  if (length <= 0 || !is_network(socket)) return 0;
  of_workload = traffic_of(workload_cgroup_id(bpf_get_current_task_btf()));
  if (of_workload) __sync_fetch_and_add(&of_workload->sent_bytes, length);
  return 0;
}

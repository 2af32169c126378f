/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * How many TCP connections a process asked for. A socket enters SYN_SENT in the thread that calls
 * connect(2), whether or not anybody answers.
 */
#include "agent/bpf/connections.bpf.h"
#include "agent/bpf/tcp.bpf.h"

#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_connect, struct sock* socket, int old_state, int new_state) {
  struct task_struct* leader;
  __u64* asked;

  if (new_state != TCP_SYN_SENT || socket->sk_protocol != IPPROTO_TCP) return 0;
  leader = bpf_get_current_task_btf()->group_leader;
  asked = bpf_task_storage_get(&asked_connections, leader, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (asked) __sync_fetch_and_add(asked, 1);
  return 0;
}

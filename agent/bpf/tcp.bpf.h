/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* What the kernel calls the states of a TCP socket. */
#ifndef FORESHOCK_BPF_TCP_BPF_H
#define FORESHOCK_BPF_TCP_BPF_H

enum { IPPROTO_TCP = 6 };

enum tcp_state {
  TCP_ESTABLISHED = 1,
  TCP_SYN_SENT = 2,
  TCP_SYN_RECV = 3,
  TCP_FIN_WAIT1 = 4,
  TCP_CLOSE = 7,
  TCP_LAST_ACK = 9,
};

#endif

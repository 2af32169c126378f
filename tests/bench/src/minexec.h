/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
#ifndef MINEXEC_H
#define MINEXEC_H

enum { RECORD_EXEC = 1, RECORD_EXIT = 2 };

struct record {
  unsigned long long time_ns, cgroup_id, cpu_ns, read_bytes, written_bytes, peak_rss_kb;
  unsigned int kind, pid, parent_pid, uid, wait_status, argv_bytes;
  char comm[16];
  char argv[128];
};

#endif

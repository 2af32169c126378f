/* One process as the reference scan sees it: what samplers show of a process. */
#ifndef BENCH_TASKSCAN_H
#define BENCH_TASKSCAN_H

struct scanned_process {
  unsigned int pid, parent, uid, threads;
  unsigned long long start, user, system, cpu, read, written, minor_faults, major_faults;
  unsigned long long voluntary_switches, involuntary_switches, resident_pages, cgroup;
  char name[16];
};

#endif

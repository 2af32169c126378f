/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * The ring that all events go through, when its reader is woken, and what is counted when it is
 * full. The maps are weak: each program file defines them, linking keeps one.
 */
#ifndef FORESHOCK_BPF_RING_BPF_H
#define FORESHOCK_BPF_RING_BPF_H

#include "agent/bpf/events.h"

#include <bpf/bpf_helpers.h>

const volatile __u64 ring_bytes __weak =
    8 << 20; /* the loader sets what is configured, here and in the map */

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 << 20);
} events SEC(".maps") __weak;

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct fs_drop_counters);
} drops SEC(".maps") __weak;

/*
 * A wake-up costs more than everything else here together (it is an interrupt to ourselves), so the
 * reader comes by on a timer and is woken only where the ring fills: at each sixteenth of it above
 * a quarter. Not at one mark only, because two CPUs can pass a mark together without either of them
 * seeing it.
 */
static __always_inline __u64 wake_if_filled_by(__u64 event_bytes) {
  __u64 before = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
  __u64 after = before + ((event_bytes + 8 /* the record's header */ + 7) & ~7ull);
  __u64 mark = ring_bytes / 16; /* a power of two, as the size is */

  if (after > ring_bytes / 4 && (before & -mark) != (after & -mark)) return BPF_RB_FORCE_WAKEUP;
  return BPF_RB_NO_WAKEUP;
}

static __always_inline struct fs_drop_counters* drop_counters(void) {
  __u32 only = 0;

  return bpf_map_lookup_elem(&drops, &only);
}

#endif

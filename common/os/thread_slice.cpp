#include "common/os/thread_slice.h"

#include <cstdint>

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace foreshock {

namespace {

/// struct sched_attr, first version. Its header cannot stand beside <sched.h>.
struct Attributes {
  std::uint32_t size = sizeof(Attributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime_ns = 0;
  std::uint64_t deadline_ns = 0;
  std::uint64_t period_ns = 0;
};
static_assert(sizeof(Attributes) == 48);

}  // namespace

void set_thread_slice(std::chrono::nanoseconds slice) {
  Attributes attributes;
  attributes.nice = ::getpriority(PRIO_PROCESS, 0);  // as it is: of this thread
  attributes.runtime_ns = static_cast<std::uint64_t>(slice.count());
  // Where it is refused, the thread runs as all others do.
  (void)::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace foreshock

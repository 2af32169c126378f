#include "agent/binaries/confinement.h"

#include <array>
#include <memory>
#include <span>
#include <string>

#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/binaries/disassembler.h"
#include "agent/binaries/elf_profile.h"
#include "common/os/file.h"
#include "common/wire/codec.h"

namespace foreshock::agent {

namespace {

constexpr rlim_t kMostMemoryBytes = 1 << 30;
constexpr rlim_t kMostSeconds = 5;

/// What libelf, Capstone, zstd and malloc call, and the end of a process.
constexpr std::array kAllowedCalls = {
    SCMP_SYS(read),       SCMP_SYS(pread64),     SCMP_SYS(write),        SCMP_SYS(lseek),
    SCMP_SYS(fstat),      SCMP_SYS(newfstatat),  SCMP_SYS(fcntl),        SCMP_SYS(brk),
    SCMP_SYS(mmap),       SCMP_SYS(munmap),      SCMP_SYS(mremap),       SCMP_SYS(mprotect),
    SCMP_SYS(madvise),    SCMP_SYS(futex),       SCMP_SYS(sched_yield),  SCMP_SYS(clock_gettime),
    SCMP_SYS(getrandom),  SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(exit_group), SCMP_SYS(exit),
#ifdef __SANITIZE_ADDRESS__  // which learns whether memory is there by writing it to a pipe
    SCMP_SYS(pipe),       SCMP_SYS(pipe2),       SCMP_SYS(close),
#endif
};

}  // namespace

Result<void> confine_this_process() {
  const rlimit memory{.rlim_cur = kMostMemoryBytes, .rlim_max = kMostMemoryBytes};
  const rlimit seconds{.rlim_cur = kMostSeconds, .rlim_max = kMostSeconds};
#ifndef __SANITIZE_ADDRESS__  // whose shadow is larger than any memory
  ::setrlimit(RLIMIT_AS, &memory);
#else
  (void)memory;
#endif
  ::setrlimit(RLIMIT_CPU, &seconds);
  // It takes only what others leave of the processor.
  const sched_param priority{};
  ::sched_setscheduler(0, SCHED_IDLE, &priority);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return error_from_errno("give up privileges");
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                                                seccomp_release);
  if (!filter) return Error(ErrorCode::exhausted, "make a system-call filter: no memory");
  for (const int call : kAllowedCalls) {
    if (const int problem = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0); problem != 0)
      return error_from_errno("add to the system-call filter", -problem);
  }
  if (const int problem = seccomp_load(filter.get()); problem != 0)
    return error_from_errno("load the system-call filter", -problem);
  return {};
}

int profile_standard_input() {
  (void)Disassembler::load();  // without it, a profile has no mix of instructions
  const auto confined = confine_this_process();
  const auto profile = confined ? profile_elf(STDIN_FILENO) : confined.error();
  if (!profile) {
    const std::string& why = profile.error().message();
    (void)write_all(STDOUT_FILENO, std::as_bytes(std::span(why)));
    return kExitNotProfiled;
  }
  // In the form in which it will travel, because its reader is made for hostile input.
  Report report;
  report.binaries.push_back(*profile);
  return write_all(STDOUT_FILENO, encode_report(report)) ? kExitProfiled : kExitNotProfiled;
}

}  // namespace foreshock::agent

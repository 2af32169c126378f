#include "agent/capture/bpf_event_source.h"

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include <sys/epoll.h>

#include "agent/capture/bpf_programs.h"
#include "agent/capture/event_decoder.h"
#include "agent/capture/pin_directory.h"
#include "agent/capture/ring_reader.h"
#include "common/base/clock.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

namespace {

/// Readable from a wake-up until it is acknowledged. The ring's own descriptor is no good for a
/// loop: it is readable as long as anything is not yet released.
Result<UniqueFd> make_wakeup(int ring_fd) {
  UniqueFd wakeup(::epoll_create1(EPOLL_CLOEXEC));
  if (!wakeup.valid()) return error_from_errno("epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  if (::epoll_ctl(wakeup.get(), EPOLL_CTL_ADD, ring_fd, &event) != 0) {
    return error_from_errno("watch the ring buffer");
  }
  return wakeup;
}

void acknowledge(const UniqueFd& wakeup) {
  epoll_event event{};
  ::epoll_wait(wakeup.get(), &event, 1, 0);
}

struct Inheritance {
  std::deque<ProcessEvent> events;
  std::uint64_t undecodable = 0;
};

/// What other programs' ring still holds. Nothing is released: nobody writes it any more.
Inheritance read_whole(const RingMemory& memory) {
  Inheritance inheritance;
  RingReader reader(memory);
  EventDecoder decoder;
  while (true) {
    const auto record = reader.peek();
    if (!record || !record->has_value()) return inheritance;
    if (const auto event = decoder.decode(**record)) {
      inheritance.events.push_back(std::move(**event));
    } else {
      ++inheritance.undecodable;
    }
    reader.advance();
  }
}

/// Ends what an agent of another build or with other options has left, and keeps what it has
/// captured.
Result<Inheritance> replace_pinned(const PinDirectory& directory) {
  FS_TRY(const auto ring, BpfPrograms::retire_pinned(directory));
  if (!ring) return Inheritance{};
  FS_TRY(const auto mapping, RingMapping::make(ring->fd.get(), ring->bytes));
  return read_whole(mapping.memory());
}

Result<void> pin_all_or_nothing(BpfPrograms& programs, const PinDirectory& directory) {
  auto pinned = programs.pin(directory);
  if (!pinned) {
    // The first failure is what is told; a successor clears what this leaves.
    [[maybe_unused]] const auto removed = directory.remove();
  }
  return pinned;
}

}  // namespace

struct BpfEventSource::Impl {
  std::optional<PinDirectory> directory;
  BpfPrograms programs;
  RingMapping mapping;
  RingReader reader;
  EventDecoder decoder{};
  UniqueFd wakeup;
  bool resumed = false;
  Inheritance inheritance;
  BpfPrograms::Losses told_before;  ///< by the agent that these programs were taken over from
  BpfPrograms::Losses told;         ///< and by now
  EventSourceStats delivered{};
  SystemClock clock{};
  BootTime last_sweep{};

  /// A process that its parent has not reaped this long after its end counts as left lying.
  static constexpr Nanoseconds kReapedBy = std::chrono::seconds(1);
  /// Asking for losses takes several system calls: more than a drain of a quiet host.
  static constexpr Nanoseconds kLossesInterval = std::chrono::seconds(1);
  BootTime losses_read{};

  void read_losses_now_and_then() {
    const auto now = clock.boot_now();
    if (now - losses_read < kLossesInterval) return;
    losses_read = now;
    const auto lost = programs.read_losses();
    if (lost != told) programs.write_told_losses(told = lost);
  }

  /// A sweep looks at every slot: seldom where nothing ends and nothing waits.
  static constexpr Nanoseconds kIdleSweepInterval = std::chrono::seconds(10);
  std::uint64_t swept_position = 0;
  std::uint32_t waiting = 1;

  Result<void> sweep_now_and_then() {
    const auto now = clock.boot_now();
    const bool idle = waiting == 0 && reader.position() == swept_position;
    if (now - last_sweep < (idle ? kIdleSweepInterval : kReapedBy)) return {};
    last_sweep = now;
    swept_position = reader.position();
    FS_TRY(waiting, programs.sweep_ended(now - kReapedBy));
    return {};
  }

  bool deliver(ProcessEvent&& event, const Sink& sink) {
    const bool is_exec = std::holds_alternative<ExecEvent>(event);
    if (!sink(std::move(event))) return false;
    ++(is_exec ? delivered.execs : delivered.exits);
    return true;
  }
};

Result<std::unique_ptr<BpfEventSource>> BpfEventSource::make(const Options& options) {
  const BpfPrograms::Options wanted{.ring_bytes = options.ring_bytes,
                                    .cgroup_v1 = options.cgroup_v1};
  std::optional<PinDirectory> directory;
  std::optional<BpfPrograms> programs;
  Inheritance inheritance;
  if (!options.pin_directory.empty()) {
    FS_TRY(directory, PinDirectory::make(options.pin_directory));
    programs = BpfPrograms::take_over(*directory, wanted);
  }
  const bool resumed = programs.has_value();
  if (!resumed) {
    // Loading and verifying takes long; only then is what runs there replaced.
    FS_TRY(programs, BpfPrograms::load(wanted));
    if (directory) {
      FS_TRY(inheritance, replace_pinned(*directory));
    }
    FS_CHECK(programs->attach());
    if (directory) FS_CHECK(pin_all_or_nothing(*programs, *directory));
  }

  FS_TRY(auto mapping, RingMapping::make(programs->ring_fd(), programs->ring_bytes()));
  FS_TRY(auto wakeup, make_wakeup(programs->ring_fd()));
  const RingReader reader(mapping.memory());
  const auto told_before = programs->read_told_losses();
  return std::unique_ptr<BpfEventSource>(new BpfEventSource(std::unique_ptr<Impl>(new Impl{
      .directory = std::move(directory),
      .programs = *std::move(programs),
      .mapping = std::move(mapping),
      .reader = reader,
      .wakeup = std::move(wakeup),
      .resumed = resumed,
      .inheritance = std::move(inheritance),
      .told_before = told_before,
      .told = told_before,
  })));
}

BpfEventSource::BpfEventSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BpfEventSource::~BpfEventSource() = default;

Result<void> BpfEventSource::detach() {
  if (impl_->directory) FS_CHECK(impl_->directory->remove());
  impl_->programs.close_links();
  impl_->losses_read = {};  // asked next, they are the last word
  FS_CHECK(impl_->programs.sweep_ended(BootTime::max()));
  return {};
}

bool BpfEventSource::resumed() const {
  return impl_->resumed;
}

int BpfEventSource::ready_fd() const {
  return impl_->wakeup.get();
}

Result<std::size_t> BpfEventSource::drain(const Sink& sink) {
  // Before looking, so that a wake-up that comes while draining is not lost.
  acknowledge(impl_->wakeup);
  FS_CHECK(impl_->sweep_now_and_then());
  std::size_t drained = 0;
  auto& inherited = impl_->inheritance.events;
  for (; !inherited.empty(); ++drained) {
    if (!impl_->deliver(std::move(inherited.front()), sink)) return drained;
    inherited.pop_front();
  }
  auto& reader = impl_->reader;
  // What comes after this moment is for the next call, or a busy host would keep us here.
  const std::uint64_t end = reader.end();
  while (reader.position() < end) {
    FS_TRY(const auto record, reader.peek());
    if (!record) break;
    if (const auto event = impl_->decoder.decode(*record)) {
      if (!impl_->deliver(std::move(**event), sink)) break;
      ++drained;
    } else {
      ++impl_->delivered.undecodable;
    }
    reader.advance();
  }
  return drained;
}

std::uint64_t BpfEventSource::position() const {
  return impl_->reader.position();
}

void BpfEventSource::release_through(std::uint64_t position) {
  impl_->reader.release_through(position);
}

Result<void> BpfEventSource::watch_names(const std::vector<std::string>& base_names) {
  return impl_->programs.replace_watched_names(base_names);
}

EventSourceStats BpfEventSource::stats() const {
  EventSourceStats stats = impl_->delivered;
  stats.undecodable += impl_->inheritance.undecodable;
  impl_->read_losses_now_and_then();
  stats.lost_execs = impl_->told.execs - impl_->told_before.execs;
  stats.lost_exits = impl_->told.exits - impl_->told_before.exits;
  return stats;
}

}  // namespace foreshock::agent

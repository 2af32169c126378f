#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <unordered_set>
#include <vector>

#include "agent/capture/event_source.h"
#include "agent/captured_batch.h"
#include "agent/redact/harmless_commands.h"
#include "agent/redact/redactor.h"
#include "agent/reflex/reflex_firer.h"
#include "common/base/result.h"
#include "common/model/command.h"
#include "common/os/unique_fd.h"
#include "common/signature/signature_rules.h"
#include "common/sync/bounded_queue.h"
#include "common/sync/snapshot.h"

namespace foreshock::agent {

/// The thread `capture`: drains the source, removes secrets at once, notices watched commands,
/// hands batches on. It drains no faster than its queue takes: the kernel's ring is the buffer, and
/// what the ring cannot hold is counted there.
class CaptureWorker {
 public:
  struct Options {
    std::chrono::nanoseconds drain_interval = std::chrono::milliseconds(100);
    std::size_t events_per_batch = 512;
    std::size_t queued_batches = 128;
    /// A batch of so many wakes the receiver before its tick: taken while it is in the processor's
    /// cache, and its memory is used again for the next.
    std::size_t prompt_events = 100;
  };

  /// Answers execs on the capture thread; borrowed, to be set before the thread runs.
  void set_reflexes(ReflexFirer& reflexes) { reflexes_ = &reflexes; }

  /// `source` is borrowed and outlives the worker; from run() on it is its thread's.
  static Result<std::unique_ptr<CaptureWorker>> make(EventSource& source,
                                                     std::shared_ptr<const Redactor> redactor,
                                                     Options options);

  /// The thread's body. After the stop it drains what is still there.
  void run(std::stop_token stop);
  /// Once more, after the thread has ended, on the thread that joined it.
  void drain() { turn(); }

  // For the receiving thread.

  /// Readable when a watched command was seen, a reflex was fired or many events wait.
  int ready_fd() const { return wake_.get(); }
  void clear_ready();
  std::vector<CapturedBatch> take();
  /// Its events were dealt with.
  void give_back(CapturedBatch batch);
  std::vector<ExecEvent> take_urgent();
  /// What was taken up to this mark is safe.
  void release_through(std::uint64_t position) {
    released_.store(position, std::memory_order_release);
  }
  void set_watch_list(WatchList list) { watch_list_.publish(std::move(list)); }
  /// For the events that are drained from now on.
  void set_redactor(std::shared_ptr<const Redactor> redactor) {
    next_redactor_.publish(std::move(redactor));
  }
  EventSourceStats stats() const;
  /// Why draining fails; empty while it works.
  std::string problem() const;

 private:
  struct Watched {
    std::shared_ptr<const WatchList> list;  ///< the one that the rest was made of
    std::unordered_set<std::string> base_names;
    std::unordered_set<std::string> signatures;
    SignatureRules rules;
  };

  /// Waking up is most of what an idle host costs: where little happens it is looked at less often.
  static constexpr int kQuietFactor = 3;
  /// What 100 ms bring on a host that is busy starting processes.
  static constexpr std::size_t kSpareBatches = 4;

  CaptureWorker(EventSource& source, std::shared_ptr<const Redactor> redactor, Options options,
                UniqueFd epoll, UniqueFd wake);
  void wait_for_events() const;
  void turn();
  bool drain_batch();
  void redact(ExecEvent& event);
  void apply_redactor();
  void apply_watch_list();
  void notice_watched(const ExecEvent& event);
  void wake_receiver() const;

  EventSource& source_;
  std::shared_ptr<const Redactor> redactor_;
  HarmlessCommands harmless_;  ///< by that redactor
  Snapshot<std::shared_ptr<const Redactor>> next_redactor_;
  const Options options_;
  UniqueFd epoll_;
  UniqueFd wake_;
  BoundedQueue<CapturedBatch> captured_;
  BoundedQueue<CapturedBatch> spare_{kSpareBatches};
  BoundedQueue<ExecEvent> urgent_{1024};
  Snapshot<WatchList> watch_list_;
  Watched watched_;
  ReflexFirer* reflexes_ = nullptr;
  std::vector<std::string> reflex_names_;
  std::atomic<std::uint64_t> released_{0};
  std::uint64_t released_in_source_ = 0;
  std::size_t drained_ = 0;  ///< by the last turn
  mutable std::mutex mutex_;
  EventSourceStats stats_;  // guarded by mutex_
  std::string problem_;     // guarded by mutex_
};

}  // namespace foreshock::agent

#include "agent/capture_worker.h"

#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "common/os/thread_slice.h"
#include "common/signature/signature.h"

namespace foreshock::agent {

namespace {

/// Reflexes wait for this thread, which never runs for long.
constexpr auto kSlice = std::chrono::microseconds(100);

std::string_view base_name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace

Result<std::unique_ptr<CaptureWorker>> CaptureWorker::make(EventSource& source,
                                                           std::shared_ptr<const Redactor> redactor,
                                                           Options options) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return error_from_errno("epoll_create1");
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return error_from_errno("eventfd");
  if (source.ready_fd() >= 0) {
    // Edge-triggered: events that are drained but not yet released keep the ring readable all the
    // time.
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, source.ready_fd(), &event) != 0) {
      return error_from_errno("epoll_ctl of " + source.name());
    }
  }
  return std::unique_ptr<CaptureWorker>(
      new CaptureWorker(source, std::move(redactor), options, std::move(epoll), std::move(wake)));
}

CaptureWorker::CaptureWorker(EventSource& source, std::shared_ptr<const Redactor> redactor,
                             Options options, UniqueFd epoll, UniqueFd wake)
    : source_(source),
      redactor_(std::move(redactor)),
      options_(options),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      captured_(options.queued_batches) {}

void CaptureWorker::run(std::stop_token stop) {
  set_thread_slice(kSlice);
  while (!stop.stop_requested()) {
    wait_for_events();
    turn();
  }
  turn();
}

void CaptureWorker::wait_for_events() const {
  epoll_event event{};
  const bool quiet = drained_ < options_.prompt_events;
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(options_.drain_interval *
                                                                    (quiet ? kQuietFactor : 1));
  ::epoll_wait(epoll_.get(), &event, 1, static_cast<int>(timeout.count()));
}

void CaptureWorker::turn() {
  apply_redactor();
  apply_watch_list();
  const auto released = released_.load(std::memory_order_acquire);
  if (released != released_in_source_) {
    source_.release_through(released);
    released_in_source_ = released;
  }
  drained_ = 0;
  while (captured_.size() < captured_.capacity() && drain_batch()) {
  }
  const auto stats = source_.stats();
  const std::lock_guard lock(mutex_);
  stats_ = stats;
}

/// True when the batch filled up, so that there may be more.
bool CaptureWorker::drain_batch() {
  CapturedBatch batch = spare_.try_pop().value_or(CapturedBatch{});
  const auto drained = source_.drain([&](ProcessEvent&& event) {
    if (batch.size() >= options_.events_per_batch) return false;
    if (auto* exec = std::get_if<ExecEvent>(&event)) {
      redact(*exec);
      if (reflexes_ != nullptr && reflexes_->on_exec(*exec, watched_.rules)) wake_receiver();
      notice_watched(*exec);
    }
    batch.add(std::move(event));
    return true;
  });
  {
    const std::lock_guard lock(mutex_);
    problem_ = drained ? "" : drained.error().message();
  }
  const std::size_t events = batch.size();
  drained_ += events;
  batch.position = source_.position();
  if (events == 0) {
    spare_.try_push(std::move(batch));
  } else {
    // Only this thread pushes, and it looked for room before: the batch always fits.
    captured_.try_push(batch);
  }
  if (events >= options_.prompt_events) wake_receiver();
  return events >= options_.events_per_batch;
}

void CaptureWorker::redact(ExecEvent& event) {
  if (harmless_.knows(event.argv)) return;
  redactor_->redact(event);
  harmless_.remember(event.argv);
}

void CaptureWorker::apply_redactor() {
  const auto next = next_redactor_.read();
  if (*next == nullptr || *next == redactor_) return;
  redactor_ = *next;
  harmless_ = {};  // by other rules it may be harmful
}

void CaptureWorker::apply_watch_list() {
  const auto list = watch_list_.read();
  auto reflex_names = reflexes_ != nullptr ? reflexes_->take_changed_names() : std::nullopt;
  // By identity: a coordinator that was started again counts its versions from one again.
  if (list == watched_.list && !reflex_names) return;
  if (reflex_names) reflex_names_ = *std::move(reflex_names);
  watched_.list = list;
  watched_.base_names = {list->base_names.begin(), list->base_names.end()};
  watched_.signatures = {list->signatures.begin(), list->signatures.end()};
  watched_.rules = SignatureRules(list->rules);
  auto names = list->base_names;
  names.insert(names.end(), reflex_names_.begin(), reflex_names_.end());
  if (const auto watched = source_.watch_names(names); !watched) {
    const std::lock_guard lock(mutex_);
    problem_ = watched.error().message();
  }
}

void CaptureWorker::notice_watched(const ExecEvent& event) {
  if (watched_.base_names.empty()) return;
  if (!watched_.base_names.contains(std::string(base_name_of(event.filename)))) return;
  const auto signature = watched_.rules.name(event.argv.split(), event.filename);
  if (!watched_.signatures.contains(signature.text)) return;
  // A full queue costs only the head start: the batch has the event as well.
  if (urgent_.try_push(ExecEvent(event))) wake_receiver();
}

void CaptureWorker::wake_receiver() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void CaptureWorker::clear_ready() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto consumed = ::read(wake_.get(), &count, sizeof count);
}

std::vector<CapturedBatch> CaptureWorker::take() {
  return captured_.drain();
}

void CaptureWorker::give_back(CapturedBatch batch) {
  batch.clear();
  spare_.try_push(std::move(batch));
}

std::vector<ExecEvent> CaptureWorker::take_urgent() {
  return urgent_.drain();
}

EventSourceStats CaptureWorker::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::string CaptureWorker::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace foreshock::agent

#include "agent/input_workers.h"

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "common/base/log.h"
#include "common/http/http_client.h"
#include "common/os/event_loop.h"

namespace foreshock::agent {

namespace {

constexpr auto kScrapeDeadline = std::chrono::seconds(5);
constexpr std::size_t kMaxPageBytes = std::size_t{16} << 20;

Result<std::string> fetch_page(const std::string& url) {
  FS_TRY(auto reply, http_get(url, kScrapeDeadline, kMaxPageBytes));
  if (reply.status != 200) {
    return Error(ErrorCode::unavailable, url + ": status " + std::to_string(reply.status));
  }
  return std::move(reply.body);
}

/// Sleeps until the time or the stop.
void wait_for(std::stop_token stop, std::chrono::nanoseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, std::move(stop), time, [] { return false; });
}

}  // namespace

Result<std::unique_ptr<InputWorkers>> InputWorkers::make(
    Options options, std::function<std::string(const std::string&)> redact, const Clock& clock) {
  std::unique_ptr<InputWorkers> workers(
      new InputWorkers(std::move(options), std::move(redact), clock));
  FS_TRY(workers->statsd_,
         StatsdListener::make(workers->options_.statsd, workers->metrics_, clock));
  return workers;
}

InputWorkers::InputWorkers(Options options, std::function<std::string(const std::string&)> redact,
                           const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      metrics_(options_.max_metrics),
      scrapes_(options_.targets, fetch_page, metrics_),
      timers_(clock),
      schedule_({}, timers_, std::move(redact)) {}

void InputWorkers::run_statsd(std::stop_token stop) {
  auto loop = EventLoop::make();
  if (!loop) {
    log_error("statsd_stopped error=\"{}\"", loop.error().message());
    return;
  }
  for (const auto& socket : statsd_->sockets()) {
    const int fd = socket.get();
    const auto watched = (*loop)->watch_readable(fd, [this, fd] { statsd_->receive(fd); });
    if (!watched) log_error("statsd_not_watched error=\"{}\"", watched.error().message());
  }
  const std::stop_callback stopping(stop, [&loop] { (*loop)->stop(); });
  if (const auto ran = (*loop)->run(); !ran)
    log_error("statsd_stopped error=\"{}\"", ran.error().message());
}

void InputWorkers::run_scrapes(std::stop_token stop) {
  std::vector<ScrapeTargets::State> before;
  while (!stop.stop_requested()) {
    const BootTime next = scrapes_.scrape_due(clock_);
    auto states = scrapes_.states();
    for (std::size_t i = 0; i < states.size(); ++i) {
      const bool is_new = i >= before.size() || before[i].problem != states[i].problem;
      if (is_new && !states[i].problem.empty())
        log_warning("scrape_failed target={} error=\"{}\"", states[i].name, states[i].problem);
    }
    before = states;
    target_states_.publish(std::move(states));
    const auto pause =
        next == BootTime::max() ? std::chrono::hours(24) : Nanoseconds(next - clock_.boot_now());
    wait_for(stop, std::max(pause, Nanoseconds(std::chrono::milliseconds(100))));
  }
}

void InputWorkers::run_schedule(std::stop_token stop) {
  while (!stop.stop_requested()) {
    auto listing = schedule_.list(clock_.wall_now());
    const auto before = upcoming_.read();
    for (const auto& problem : listing.problems) {
      if (std::ranges::find(before->problems, problem) == before->problems.end())
        log_warning("schedule_not_read problem=\"{}\"", problem);
    }
    if (listing != *before) upcoming_.publish(std::move(listing));
    wait_for(stop, options_.schedule_interval);
  }
}

}  // namespace foreshock::agent

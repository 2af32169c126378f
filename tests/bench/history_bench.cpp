// How fast history takes records in and gives them back, in this process: no network, no decoding.
//
//   history_bench DIRECTORY [SECONDS]
//
// A fleet of 20 hosts with 50 workloads each reports once a second; a call of append() takes the
// reports of one second, as the pipeline does under load. The directory should be on the disk that
// would hold the state.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "coordinator/history/sqlite_history_reader.h"
#include "coordinator/history/sqlite_history_store.h"

namespace foreshock::coordinator {
namespace {

constexpr std::uint32_t kHosts = 20;
constexpr std::uint32_t kWorkloads = 50;
constexpr std::uint32_t kExecutionsPerHost = 1000;
constexpr int kQuantities = 8;
constexpr std::chrono::hours kBooted{24 * 20000};

double seconds_of(std::chrono::steady_clock::duration span) {
  return std::chrono::duration<double>(span).count();
}

template <typename Work>
double measure(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return seconds_of(std::chrono::steady_clock::now() - begin);
}

template <typename T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  fmt::print(stderr, "{}\n", result.error().message());
  std::exit(1);
}

Execution make_execution(std::uint32_t host, std::uint32_t second, std::uint32_t i) {
  const std::uint32_t pid = 1 + (second * kExecutionsPerHost + i) % 4'000'000;
  const BootTime start(std::chrono::seconds(second) + std::chrono::microseconds(i * 900));
  Execution execution;
  execution.facts.process = {.pid = pid, .start = start};
  execution.facts.parent = {.pid = 1, .start = BootTime(Nanoseconds(1))};
  execution.facts.identity = {.uid = 1000, .gid = 1000, .login_uid = 1000, .session_id = 2};
  execution.facts.comm = "python3";
  execution.exec_time = start;
  execution.cgroup = fmt::format("/system.slice/service-{}.service", i % kWorkloads);
  execution.filename = "/usr/bin/python3";
  execution.argv =
      make_argv({"python3", fmt::format("/opt/jobs/job_{}.py", (host * 7 + i) % 300), "--input",
                 fmt::format("/data/{}/{}.csv", second, i), "--epochs", std::to_string(i)});
  execution.end =
      ExecutionEnd{.time = start + std::chrono::milliseconds(30), .wait_status = 0, .use = {}};
  execution.end->use.cpu = std::chrono::milliseconds(25);
  execution.end->use.peak_rss = {30 << 20};
  return execution;
}

WorkloadSample make_sample(std::uint32_t second, std::uint32_t workload) {
  WorkloadSample sample;
  sample.cgroup = fmt::format("/system.slice/service-{}.service", workload);
  sample.cgroup_id = 1000 + workload;
  sample.time = BootTime(std::chrono::seconds(second) + std::chrono::milliseconds(workload % 7));
  sample.cpu_usage = std::chrono::milliseconds(second * 300 + workload);
  sample.cpu_throttled = std::chrono::milliseconds(second);
  sample.memory_current = Bytes{(200 << 20) + second * 4096};
  sample.memory_working_set = Bytes{(150 << 20) + second * 4096};
  sample.oom_kills = 0;
  sample.process_count = 12;
  sample.cpu_pressure = std::chrono::microseconds(second * 50);
  sample.memory_pressure = std::chrono::microseconds(second * 5);
  return sample;
}

enum class Kind { executions, samples };

std::vector<ReceivedBatch> make_second(std::uint32_t second, Kind kind) {
  std::vector<ReceivedBatch> batches;
  for (std::uint32_t host = 0; host < kHosts; ++host) {
    ReceivedBatch batch{.public_key = fmt::format("key-{}", host),
                        .incarnation = {{1, host}},
                        .sequence = second * 2 + (kind == Kind::samples ? 1 : 0),
                        .report = {}};
    Report& report = batch.report;
    report.boot_id = {{2, host}};
    report.host_name = fmt::format("host-{}", host);
    report.period_end = BootTime(std::chrono::seconds(second + 1));
    report.wall_minus_boot = kBooted;
    for (std::uint32_t i = 0; kind == Kind::executions && i < kExecutionsPerHost; ++i) {
      report.executions.push_back(make_execution(host, second, i));
    }
    for (std::uint32_t i = 0; kind == Kind::samples && i < kWorkloads; ++i) {
      report.samples.workloads.push_back(make_sample(second, i));
    }
    batches.push_back(std::move(batch));
  }
  return batches;
}

struct Appended {
  double total_s = 0;
  double slowest_s = 0;
};

Appended append_seconds(SqliteHistoryStore& store, std::uint32_t seconds, Kind kind) {
  Appended appended;
  for (std::uint32_t second = 1; second <= seconds; ++second) {
    const auto batches = make_second(second, kind);
    const double took = measure([&] { must(store.append(batches)); });
    appended.total_s += took;
    appended.slowest_s = std::max(appended.slowest_s, took);
  }
  return appended;
}

void run(const std::string& directory, std::uint32_t seconds) {
  const std::string path = directory + "/history_bench.db";
  const auto store = must(SqliteHistoryStore::open(path));

  const Appended executions = append_seconds(*store, seconds, Kind::executions);
  const double execution_count = static_cast<double>(seconds) * kHosts * kExecutionsPerHost;
  fmt::print("append executions  {:>9.0f}/s  slowest call of {} records {:.3f} s\n",
             execution_count / executions.total_s, kHosts * kExecutionsPerHost,
             executions.slowest_s);

  const auto before = must(store->stats()).bytes;
  const std::uint32_t sample_seconds = seconds * 10;
  const Appended samples = append_seconds(*store, sample_seconds, Kind::samples);
  const double sample_count =
      static_cast<double>(sample_seconds) * kHosts * kWorkloads * kQuantities;
  fmt::print("append samples     {:>9.0f}/s  slowest call of {} values {:.3f} s\n",
             sample_count / samples.total_s, kHosts * kWorkloads * kQuantities, samples.slowest_s);

  const auto after = must(store->stats()).bytes;
  fmt::print("bytes              {:.0f} an execution, {:.1f} a sampled value (with the log)\n",
             static_cast<double>(before) / execution_count,
             static_cast<double>(after - before) / sample_count);

  const auto reader = must(SqliteHistoryReader::open(path));
  const WallTime begin(kBooted);
  const WallTime end = begin + std::chrono::seconds(sample_seconds);
  const double series_s = measure([&] {
    must(reader->series({.key = {{1, "/system.slice/service-7.service"}, Quantity::cpu_usage},
                         .from = begin,
                         .to = end}));
  });
  fmt::print("series             {:.4f} s for {} points\n", series_s, sample_seconds);
  std::size_t signatures = 0;
  const double runs_s =
      measure([&] { signatures = must(reader->signature_runs(begin, end, 5)).size(); });
  fmt::print("signature_runs     {:.4f} s for {:.0f} executions, {} signatures of hosts\n", runs_s,
             execution_count, signatures);
  const double keys_s = measure([&] { must(reader->series_keys(begin)); });
  fmt::print("series_keys        {:.4f} s\n", keys_s);
  const double list_s = measure([&] { must(reader->executions({.limit = 100})); });
  fmt::print("executions         {:.4f} s for the newest 100\n", list_s);
  const double prune_s =
      measure([&] { must(store->prune(begin + std::chrono::seconds(seconds), {1ULL << 40})); });
  fmt::print("prune              {:.4f} s a call\n", prune_s);
}

}  // namespace
}  // namespace foreshock::coordinator

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: history_bench DIRECTORY [SECONDS]\n");
    return 2;
  }
  foreshock::coordinator::run(argv[1],
                              argc > 2 ? static_cast<std::uint32_t>(std::atoi(argv[2])) : 20);
}

#include "simulated_world.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace foreshock::coordinator {

namespace {

constexpr double kTick = 0.02;
constexpr double kMiB = 1024.0 * 1024;
const WallTime kStart = wall_time_from_ms(1'790'000'000'000);

WallTime at(double seconds) {
  return kStart + Nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

struct Load {
  double from, to, cores, bytes;
};

class Simulation {
 public:
  explicit Simulation(const WorldOptions& options)
      : options_(options), engine_(options.seed * 7919 + 17) {}

  World run() {
    world_.lag_s = uniform(4, 9);
    world_.cores = uniform(1, 1.9);
    world_.memory_bytes = uniform(100, 500) * kMiB;
    world_.duration_s = uniform(4, 6);
    const std::vector<double> triggers = irregular(options_.least_gap_s, options_.most_gap_s);
    world_.trigger_runs = triggers.size();
    add_loads(triggers);
    add_commands(triggers);
    add_series();
    return std::move(world_);
  }

 private:
  double uniform(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(engine_);
  }
  double normal(double deviation) {
    return std::normal_distribution<double>(0, deviation)(engine_);
  }

  std::vector<double> irregular(double least, double most) {
    std::vector<double> times;
    for (double t = uniform(0, most); t < options_.length_s; t += uniform(least, most))
      times.push_back(t);
    return times;
  }
  std::vector<double> periodic(double period, double jitter) {
    std::vector<double> times;
    for (double t = uniform(0, period); t < options_.length_s; t += period)
      times.push_back(t + uniform(0, jitter));
    return times;
  }
  std::vector<double> poisson(double rate) {
    std::vector<double> times;
    std::exponential_distribution<double> gap(rate);
    for (double t = gap(engine_); t < options_.length_s; t += gap(engine_)) times.push_back(t);
    return times;
  }

  void add_loads(const std::vector<double>& triggers) {
    std::vector<double> begins;
    if (options_.periodic_load_s > 0) {
      begins = periodic(options_.periodic_load_s, 0.05);
    } else if (options_.trigger_leads) {
      for (const double t : triggers)
        begins.push_back(t + world_.lag_s + uniform(-1, 1) * options_.lag_jitter_s);
    } else {
      begins = irregular(options_.least_gap_s, options_.most_gap_s);
    }
    for (const double begin : begins) {
      const bool raised = begin > options_.raised_after_s;
      const double limit = options_.limit_cores <= 0 || raised ? 2.0 : options_.limit_cores;
      // Once it gets what it wants the work is done sooner.
      const double takes = (world_.duration_s + uniform(-0.5, 0.5)) * (raised ? 0.7 : 1);
      loads_.push_back({begin, begin + takes, std::min(limit, world_.cores), world_.memory_bytes});
    }
  }

  void add_runs(const std::string& signature, std::vector<double> times) {
    SignatureRuns runs{.signature = signature,
                       .base_names = {signature.substr(0, signature.find(' '))},
                       .host = 1,
                       .starts = {}};
    std::sort(times.begin(), times.end());
    for (const double t : times) {
      if (t >= 0 && t < options_.length_s) runs.starts.push_back(at(t));
    }
    world_.runs.push_back(std::move(runs));
  }

  void add_commands(const std::vector<double>& triggers) {
    std::vector<double> heavy, follower, wrapper, sleeps;
    for (const Load& load : loads_) {
      heavy.push_back(load.from - uniform(0.02, 0.2));
      follower.push_back(load.from + uniform(0.5, 1.5));
    }
    for (const double t : triggers) {
      wrapper.push_back(t - 0.08);
      sleeps.push_back(t + 0.01);  // the lag
      sleeps.push_back(t - 0.03);  // the gap before it
    }
    add_runs(kTrigger, triggers);
    if (options_.sibling) add_runs(kWrapper, wrapper);
    add_runs(kDecoy, irregular(options_.least_gap_s, options_.most_gap_s));
    add_runs(kHeavy, heavy);
    add_runs(kFollower, follower);
    add_runs(kCron, periodic(10, 0.05));
    add_runs("timer-15s", periodic(15, 0.2));
    add_runs("health-check", periodic(5, 0.1));
    add_runs("every-second", periodic(1, 0.02));
    add_runs("bash", poisson(0.4));
    add_runs("ls <path>", poisson(0.15));
    add_runs("git status", poisson(0.08));
    add_runs("git log", poisson(0.05));
    add_runs("make", poisson(0.04));
    for (int i = 0; i < 6; ++i) add_runs("job-" + std::to_string(i), irregular(8, 25));
  }

  /// What a counter that is read once a second says about a rate, and a gauge about itself.
  Series sampled(const SeriesKey& key, const std::vector<double>& ticks, bool counter) {
    const auto steps = static_cast<std::size_t>(options_.length_s);
    Series series{.key = key,
                  .start = kStart,
                  .step = std::chrono::seconds(1),
                  .values = std::vector<double>(steps)};
    const double phase = uniform(0, 1);
    std::vector<double> sum(ticks.size() + 1, 0);
    for (std::size_t i = 0; i < ticks.size(); ++i) sum[i + 1] = sum[i] + ticks[i] * kTick;
    const auto index = [&](double t) {
      return static_cast<std::size_t>(
          std::clamp(t / kTick, 0.0, static_cast<double>(ticks.size() - 1)));
    };
    // Linear between the readings, as differences of a counter are.
    const auto read_sum = [&](double t) {
      const double before = std::floor(t - phase) + phase;
      const double low = sum[index(before)], high = sum[index(before + 1)];
      return low + (t - before) * (high - low);
    };
    for (std::size_t s = 0; s < steps; ++s) {
      const auto t = static_cast<double>(s);
      series.values[s] = counter ? read_sum(t + 1) - read_sum(t) : ticks[index(t + phase)];
    }
    return series;
  }

  void add_series() {
    const auto n = static_cast<std::size_t>(options_.length_s / kTick) + 1;
    std::vector<double> cpu(n, 0.0), memory(n, 4 * kMiB), other(n), host(n), host_memory(n);
    for (const Load& load : loads_) {
      for (double t = std::max(0.0, load.from); t < std::min(load.to, options_.length_s);
           t += kTick) {
        const auto i = std::min(n - 1, static_cast<std::size_t>(t / kTick));
        cpu[i] = load.cores;
        // Memory is filled within half a second.
        memory[i] = 4 * kMiB + load.bytes * std::min(1.0, (t - load.from) / 0.5);
      }
    }
    double slow = 0.2;
    double spike_until = -1, spike = 0;
    double busy_until = -1;
    for (std::size_t i = 0; i < n; ++i) {
      const double t = static_cast<double>(i) * kTick;
      if (i % 25 == 0)
        slow = std::clamp(0.2 + 0.9 * (slow - 0.2) + normal(options_.host_noise_cores), 0.0, 2.0);
      if (t > spike_until && uniform(0, 1) < options_.host_spikes_per_s * kTick) {
        spike_until = t + uniform(0.5, 4);
        spike = uniform(0.2, 1.5);
      }
      if (t > busy_until && uniform(0, 1) < 0.05 * kTick) busy_until = t + uniform(2, 6);
      other[i] = t < busy_until ? 0.5 : 0.01;
      host[i] = slow + cpu[i] + other[i] + (t < spike_until ? spike : 0);
      host_memory[i] = 900 * kMiB + memory[i] + 30 * kMiB * slow;
    }
    const auto key = [](const std::string& cgroup, Quantity quantity) {
      return SeriesKey{.workload = {.host = 1, .cgroup = cgroup}, .quantity = quantity};
    };
    world_.series.push_back(sampled(key(kWorkloadCgroup, Quantity::cpu_usage), cpu, true));
    world_.series.push_back(sampled(key(kWorkloadCgroup, Quantity::memory_used), memory, false));
    world_.series.push_back(sampled(key("/shop", Quantity::cpu_usage), cpu, true));
    world_.series.push_back(sampled(key("/shop", Quantity::memory_used), memory, false));
    world_.series.push_back(sampled(key("/other", Quantity::cpu_usage), other, true));
    world_.series.push_back(sampled(key("", Quantity::cpu_usage), host, true));
    world_.series.push_back(sampled(key("", Quantity::memory_used), host_memory, false));
  }

  WorldOptions options_;
  std::mt19937_64 engine_;
  World world_;
  std::vector<Load> loads_;
};

}  // namespace

World make_world(const WorldOptions& options) {
  return Simulation(options).run();
}

}  // namespace foreshock::coordinator

#include "coordinator/tag/learned_tagger.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "common/text/glob.h"

namespace foreshock::coordinator {

namespace {

struct KnownProgram {
  std::string_view signature;  ///< glob
  std::string_view app_type;
};

/// The first that matches counts.
constexpr auto kKnownPrograms = std::to_array<KnownProgram>({
    {"postgres*", "database"},
    {"postmaster*", "database"},
    {"mysqld*", "database"},
    {"mariadbd*", "database"},
    {"mongod*", "database"},
    {"clickhouse*", "database"},
    {"influxd*", "database"},
    {"redis-server*", "cache"},
    {"valkey-server*", "cache"},
    {"memcached*", "cache"},
    {"varnishd*", "cache"},
    {"nginx*", "web_server"},
    {"apache2*", "web_server"},
    {"httpd*", "web_server"},
    {"lighttpd*", "web_server"},
    {"caddy*", "web_server"},
    {"haproxy*", "proxy"},
    {"envoy*", "proxy"},
    {"traefik*", "proxy"},
    {"beam.smp*", "message_queue"},
    {"nats-server*", "message_queue"},
    {"mosquitto*", "message_queue"},
    {"cc1*", "build"},
    {"gcc*", "build"},
    {"g++*", "build"},
    {"c++*", "build"},
    {"clang*", "build"},
    {"ld", "build"},
    {"ld *", "build"},
    {"ld.*", "build"},
    {"collect2*", "build"},
    {"as *", "build"},
    {"make*", "build"},
    {"ninja*", "build"},
    {"cmake*", "build"},
    {"ccache*", "build"},
    {"cargo*", "build"},
    {"rustc*", "build"},
    {"javac*", "build"},
    {"mvn*", "build"},
    {"gradle*", "build"},
    {"go build*", "build"},
    {"bazel*", "build"},
    {"pg_dump*", "backup"},
    {"pg_basebackup*", "backup"},
    {"mysqldump*", "backup"},
    {"rsync*", "backup"},
    {"borg*", "backup"},
    {"restic*", "backup"},
    {"tar *", "backup"},
    {"ffmpeg*", "media"},
    {"x264*", "media"},
    {"python* train*", "machine_learning"},
    {"torchrun*", "machine_learning"},
    {"*jupyter*", "machine_learning"},
    {"prometheus*", "monitoring"},
    {"node_exporter*", "monitoring"},
    {"telegraf*", "monitoring"},
    {"collectd*", "monitoring"},
    {"netdata*", "monitoring"},
    {"foreshock-agent*", "monitoring"},
    {"foreshock-coordinator*", "monitoring"},
    {"dockerd*", "container_runtime"},
    {"containerd*", "container_runtime"},
    {"crio*", "container_runtime"},
    {"kubelet*", "container_runtime"},
    {"conmon*", "container_runtime"},
    {"runc*", "container_runtime"},
    {"qemu-system*", "virtualisation"},
    {"libvirtd*", "virtualisation"},
    {"sshd*", "shell"},
    {"tmux*", "shell"},
    {"vi *", "shell"},
    {"vim*", "shell"},
    {"less*", "shell"},
    {"java *", "application_server"},
    {"node *", "application_server"},
    {"php-fpm*", "application_server"},
    {"gunicorn*", "application_server"},
    {"uwsgi*", "application_server"},
    {"puma*", "application_server"},
});

constexpr double kWeightOfRun = 0.005;       // seconds of processor time that a run counts as
constexpr double kWeightOfProcess = 1;       // and one that is there, idle as it may be
constexpr std::uint64_t kMostProcesses = 3;  // more of them say no more
constexpr std::size_t kFewestValues = 30;    // of a series
constexpr double kAcceptedOften = 0.05;      // a second
constexpr double kLongService = 60;          // seconds
constexpr double kLeastPeak = 0.2;           // cores

std::string_view app_type_of(const std::string& signature) {
  const auto known = std::ranges::find_if(kKnownPrograms, [&](const KnownProgram& program) {
    return matches_text_glob(program.signature, signature);
  });
  return known == kKnownPrograms.end() ? std::string_view() : known->app_type;
}

double weight_of(const WorkloadProfile::Command& command) {
  return command.cpu_s + kWeightOfRun * static_cast<double>(command.ended) +
         kWeightOfProcess * static_cast<double>(std::min(command.running, kMostProcesses));
}

Tag make_tag(const WorkloadProfile& profile, std::string_view key, std::string_view value,
             double confidence, std::string evidence) {
  return {profile.workload,    std::string(key),
          std::string(value),  std::string(kLearnedSource),
          std::move(evidence), std::clamp(confidence, 0.0, 1.0)};
}

std::optional<Tag> find_app_type(const WorkloadProfile& profile) {
  struct Votes {
    double weight = 0;
    double biggest = 0;
    std::string signature;  ///< of the biggest
  };
  std::map<std::string_view, Votes> votes;
  double all = 0;
  for (const auto& command : profile.commands) {
    const double weight = weight_of(command);
    all += weight;
    const auto app_type = app_type_of(command.signature);
    if (app_type.empty() || weight <= 0) continue;
    Votes& vote = votes[app_type];
    vote.weight += weight;
    if (weight > vote.biggest) {
      vote.biggest = weight;
      vote.signature = command.signature;
    }
  }
  if (votes.empty()) return std::nullopt;
  const auto best = std::ranges::max_element(
      votes, {}, [](const auto& candidate) { return candidate.second.weight; });
  const double share = best->second.weight / all;
  // One short run of a known program is a visitor, not what the workload is.
  const double amount = 1 - std::exp(-best->second.weight);
  return make_tag(profile, kAppTypeKey, best->first, share * amount,
                  fmt::format("{:.0f} % of its work is by such programs, most by `{}`", share * 100,
                              best->second.signature));
}

bool accepts_connections(const WorkloadProfile& profile) {
  return profile.accepted_per_s.value_or(0) > kAcceptedOften / 10;
}

std::string_view role_of(std::string_view app_type, const WorkloadProfile& profile) {
  static constexpr auto kRoles = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"database", "datastore"},
      {"cache", "datastore"},
      {"message_queue", "datastore"},
      {"web_server", "frontend"},
      {"proxy", "frontend"},
      {"build", "build_worker"},
      {"backup", "worker"},
      {"media", "worker"},
      {"machine_learning", "worker"},
      {"monitoring", "infrastructure"},
      {"container_runtime", "infrastructure"},
      {"virtualisation", "infrastructure"},
      {"shell", "workstation"},
  });
  for (const auto& [type, role] : kRoles) {
    if (type == app_type) return role;
  }
  return accepts_connections(profile) ? "backend" : "worker";
}

std::vector<double> known_values(const std::vector<double>& values) {
  std::vector<double> known;
  std::ranges::copy_if(values, std::back_inserter(known), [](double v) { return v == v; });
  return known;
}

std::optional<Tag> find_load_level(const WorkloadProfile& profile) {
  static constexpr auto kBounds = std::to_array<double>({0.02, 0.25, 0.6});
  static constexpr auto kLevels =
      std::to_array<std::string_view>({"idle", "low", "medium", "high"});
  const auto known = known_values(profile.cpu_cores);
  if (known.size() < kFewestValues || profile.available_cores <= 0) return std::nullopt;
  double sum = 0;
  for (const double value : known) sum += value;
  const double share = sum / static_cast<double>(known.size()) / profile.available_cores;
  const auto level =
      static_cast<std::size_t>(std::ranges::lower_bound(kBounds, share) - kBounds.begin());
  double nearest = std::numeric_limits<double>::infinity();  // bound, as a factor's logarithm
  for (const double bound : kBounds)
    nearest = std::min(nearest, std::abs(std::log(std::max(share, 1e-6) / bound)));
  const double amount = static_cast<double>(known.size()) / static_cast<double>(known.size() + 15);
  return make_tag(
      profile, kLoadLevelKey, kLevels[level], (1 - 0.5 * std::exp(-nearest / 0.3)) * amount,
      fmt::format("uses {:.1f} % of {:.4g} cores", share * 100, profile.available_cores));
}

struct Claim {
  std::string_view value;
  double strength = 0;
  std::string evidence;
};

Claim claim_interactive(const WorkloadProfile& profile) {
  const bool of_a_user = profile.workload.cgroup.starts_with("/user.slice/");
  const double share = profile.executions == 0 ? 0
                                               : static_cast<double>(profile.with_terminal) /
                                                     static_cast<double>(profile.executions);
  const double amount = 1 - std::exp(-static_cast<double>(profile.with_terminal) / 5);
  const double typed = share * amount;
  if (of_a_user && typed < 0.7) return {"interactive", 0.7, "of a user's session"};
  return {"interactive", typed,
          fmt::format("{:.0f} % of its commands have a terminal", share * 100)};
}

Claim claim_transactional(const WorkloadProfile& profile) {
  const double accepted = profile.accepted_per_s.value_or(0);
  const double often = 1 - std::exp(-accepted / kAcceptedOften);
  const bool is_long = profile.service_time_s.value_or(0) > kLongService;
  std::string evidence = fmt::format("accepts {:.2g} connections a second", accepted);
  if (profile.service_time_s)
    evidence += fmt::format(", served in {:.2g} s", *profile.service_time_s);
  return {"transactional", often * (is_long ? 0.6 : 1), std::move(evidence)};
}

/// Load that comes in bursts with little between them.
Claim claim_bursts(const WorkloadProfile& profile) {
  auto known = known_values(profile.cpu_cores);
  if (known.size() < kFewestValues) return {"batch", 0, ""};
  std::ranges::sort(known);
  const double peak = known[known.size() * 95 / 100];
  const double median = known[known.size() / 2];
  if (peak < kLeastPeak || median > 0.3 * peak) return {"batch", 0, ""};
  const auto busy = static_cast<double>(known.end() - std::ranges::lower_bound(known, peak / 2)) /
                    static_cast<double>(known.size());
  return {"batch", std::min(0.9, 1 - busy),
          fmt::format("busy {:.0f} % of the time, with {:.2g} cores", busy * 100, peak)};
}

/// Work that is done by commands that end.
Claim claim_errands(const WorkloadProfile& profile) {
  double all = 0;
  double of_ended = 0;
  for (const auto& command : profile.commands) {
    all += command.cpu_s;
    if (command.ended > command.running) of_ended += command.cpu_s;
  }
  if (all < 1) return {"batch", 0, ""};
  const double share = of_ended / all;
  return {"batch", 0.8 * share * (1 - std::exp(-all / 10)),
          fmt::format("{:.0f} % of its processor time is by commands that end", share * 100)};
}

std::optional<Tag> find_workload_class(const WorkloadProfile& profile) {
  auto batch = std::max(claim_bursts(profile), claim_errands(profile),
                        [](const Claim& a, const Claim& b) { return a.strength < b.strength; });
  std::array<Claim, 3> claims = {claim_interactive(profile), claim_transactional(profile),
                                 std::move(batch)};
  std::ranges::stable_sort(claims, std::ranges::greater(), &Claim::strength);
  if (claims[0].strength <= 0) return std::nullopt;
  return make_tag(profile, kWorkloadClassKey, claims[0].value,
                  claims[0].strength * (1 - 0.5 * claims[1].strength),
                  std::move(claims[0].evidence));
}

}  // namespace

std::vector<Tag> learn_tags(const WorkloadProfile& profile) {
  std::vector<Tag> tags;
  if (auto app_type = find_app_type(profile)) {
    tags.push_back(*app_type);
    tags.push_back(
        make_tag(profile, kRoleKey, role_of(app_type->value, profile), app_type->confidence,
                 fmt::format("{}={}: {}", kAppTypeKey, app_type->value, app_type->evidence)));
  }
  if (auto level = find_load_level(profile)) tags.push_back(*std::move(level));
  if (auto kind = find_workload_class(profile)) tags.push_back(*std::move(kind));
  std::erase_if(tags, [](const Tag& tag) { return tag.confidence <= 0; });
  return tags;
}

}  // namespace foreshock::coordinator

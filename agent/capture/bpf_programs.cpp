#include "agent/capture/bpf_programs.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <sstream>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "agent/bpf/events.h"
#include "bpf/foreshock_capture.skel.h"
#include "common/os/file.h"

namespace foreshock::agent {

namespace {

constexpr const char* kVmlinuxBtf = "/sys/kernel/btf/vmlinux";
constexpr std::size_t kVerifierLinesShown = 6;

/// What is pinned beside the programs: whose they are, and what the next agent must know.
struct Record {
  std::uint64_t build = 0;
  std::uint64_t told_lost_execs = 0;
  std::uint64_t told_lost_exits = 0;
};

using Skeleton = std::unique_ptr<foreshock_capture, decltype(&foreshock_capture__destroy)>;

// ---- what libbpf says, collected in place of its printing ----

thread_local std::string libbpf_said;  // its callback takes no context

int collect_warning(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  char* text = nullptr;  // a verifier's log comes as one line
  if (::vasprintf(&text, format, arguments) < 0) return 0;
  libbpf_said += text;
  std::free(text);
  return 0;
}

std::string last_lines(const std::string& text, std::size_t count) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  const std::size_t first = lines.size() > count ? lines.size() - count : 0;
  return fmt::format(
      "{}", fmt::join(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end(), " | "));
}

// ---- what must be there ----

/// Names of the missing ones; empty when there are enough.
std::string find_missing_capabilities() {
  constexpr unsigned kSysAdmin = 21, kPerfmon = 38, kBpf = 39;
  const auto status = read_file("/proc/self/status");
  if (!status) return {};  // no saying; the kernel will
  const auto at = status->find("CapEff:");
  if (at == std::string::npos) return {};
  const std::uint64_t effective = std::strtoull(status->c_str() + at + 7, nullptr, 16);
  const auto has = [&](unsigned capability) { return (effective >> capability & 1) != 0; };
  if (has(kSysAdmin)) return {};
  std::string missing;
  if (!has(kBpf)) missing += " CAP_BPF";
  if (!has(kPerfmon)) missing += " CAP_PERFMON";
  return missing;
}

Result<void> check_host() {
  if (const auto missing = find_missing_capabilities(); !missing.empty()) {
    return Error(ErrorCode::permission_denied,
                 "capturing commands with BPF needs root, or these capabilities:" + missing);
  }
  if (::access(kVmlinuxBtf, R_OK) != 0) {
    const auto cause = error_from_errno(kVmlinuxBtf);
    return Error(ErrorCode::unsupported,
                 fmt::format("capturing commands with BPF needs a kernel with BTF "
                             "(CONFIG_DEBUG_INFO_BTF): {}",
                             cause.message()));
  }
  return {};
}

Result<void> check_ring_bytes(std::uint32_t bytes) {
  const auto page = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
  if (bytes >= page && (bytes & (bytes - 1)) == 0) return {};
  return Error(
      ErrorCode::invalid_argument,
      fmt::format("ring buffer of {} bytes: must be a power of two, at least {}", bytes, page));
}

// ---- loading ----

/// FNV-1a over everything that makes two agents' programs the same.
std::uint64_t build_id(const BpfPrograms::Options& options) {
  std::size_t size = 0;
  const auto* const object = static_cast<const unsigned char*>(foreshock_capture::elf_bytes(&size));
  std::uint64_t hash = 14695981039346656037ull;
  const auto mix = [&hash](const unsigned char* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) hash = (hash ^ bytes[i]) * 1099511628211ull;
  };
  mix(object, size);
  const std::array<std::uint32_t, 2> settings{options.ring_bytes, options.cgroup_v1 ? 1u : 0u};
  mix(reinterpret_cast<const unsigned char*>(settings.data()), sizeof settings);
  return hash;
}

Error load_error(int error_number) {
  const auto detail = last_lines(libbpf_said, kVerifierLinesShown);
  if (libbpf_said.find("PROG LOAD LOG") != std::string::npos) {
    return Error(ErrorCode::unsupported,
                 "the kernel's verifier refuses the BPF programs: " + detail);
  }
  auto error = error_from_errno("load the BPF programs", error_number);
  return Error(error.code(), error.message() + (detail.empty() ? "" : " (" + detail + ")"));
}

Result<Skeleton> load_skeleton(const BpfPrograms::Options& options) {
  Skeleton skeleton(foreshock_capture::open(), foreshock_capture__destroy);
  if (!skeleton) return load_error(errno);
  bpf_map__set_max_entries(skeleton->maps.events, options.ring_bytes);
  skeleton->rodata->ring_bytes = options.ring_bytes;
  skeleton->rodata->cgroup_v1 = options.cgroup_v1;
  skeleton->rodata->page_bytes = static_cast<__u32>(::sysconf(_SC_PAGESIZE));
  if (const int failed = foreshock_capture::load(skeleton.get()); failed != 0) {
    return load_error(-failed);
  }
  return skeleton;
}

/// A descriptor of our own, so that the skeleton can go and with it its copy of the object file.
UniqueFd keep(int fd) {
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

constexpr __u32 kOnly = 0;  // key of maps with one element

Record read_record(int map_fd) {
  Record record;
  if (bpf_map_lookup_elem(map_fd, &kOnly, &record) != 0) return {};
  return record;
}

std::uint64_t read_skipped_runs(int program_fd) {
  bpf_prog_info info{};
  __u32 length = sizeof info;
  if (bpf_obj_get_info_by_fd(program_fd, &info, &length) != 0) return 0;
  return info.recursion_misses;  // stays 0 before 5.12
}

Result<std::uint32_t> run_sweep(int program_fd, BootTime before) {
  const __u64 argument = to_ns(before);
  bpf_test_run_opts run{};
  run.sz = sizeof run;
  run.ctx_in = &argument;
  run.ctx_size_in = sizeof argument;
  if (bpf_prog_test_run_opts(program_fd, &run) == 0) return run.retval;
  return error_from_errno("sweep up ended processes");
}

}  // namespace

Result<BpfPrograms> BpfPrograms::load(const Options& options) {
  FS_CHECK(check_ring_bytes(options.ring_bytes));
  FS_CHECK(check_host());
  libbpf_said.clear();
  libbpf_set_print(collect_warning);
  FS_TRY(const Skeleton skeleton, load_skeleton(options));

  BpfPrograms programs;
  programs.ring_bytes_ = options.ring_bytes;
  programs.ring_ = keep(bpf_map__fd(skeleton->maps.events));
  programs.drops_ = keep(bpf_map__fd(skeleton->maps.drops));
  programs.watched_names_ = keep(bpf_map__fd(skeleton->maps.watched_names));
  programs.watched_marks_ = keep(bpf_map__fd(skeleton->maps.watched_marks));
  programs.connect_program_ = keep(bpf_program__fd(skeleton->progs.on_connect));
  programs.exec_program_ = keep(bpf_program__fd(skeleton->progs.on_process_exec));
  programs.exit_program_ = keep(bpf_program__fd(skeleton->progs.on_process_exit));
  programs.free_program_ = keep(bpf_program__fd(skeleton->progs.on_process_free));
  programs.sweep_program_ = keep(bpf_program__fd(skeleton->progs.sweep_ended));
  programs.record_ = UniqueFd(
      bpf_map_create(BPF_MAP_TYPE_ARRAY, "foreshock", sizeof kOnly, sizeof(Record), 1, nullptr));
  for (const UniqueFd* fd :
       {&programs.ring_, &programs.drops_, &programs.watched_names_, &programs.watched_marks_,
        &programs.connect_program_, &programs.exec_program_, &programs.exit_program_,
        &programs.free_program_, &programs.sweep_program_, &programs.record_}) {
    if (!fd->valid()) return error_from_errno("keep a BPF object");
  }
  const Record record{.build = build_id(options)};
  if (bpf_map_update_elem(programs.record_.get(), &kOnly, &record, BPF_ANY) != 0) {
    return error_from_errno("write the BPF programs' record");
  }
  return programs;
}

Result<void> BpfPrograms::attach() {
  struct Hook {
    const UniqueFd* program;
    UniqueFd* link;
    const char* tracepoint;
  };
  // In this order, so that no exit is seen before the program that completes it is there.
  for (const Hook& hook : {Hook{&connect_program_, &connect_link_, "inet_sock_set_state"},
                           Hook{&free_program_, &free_link_, "sched_process_free"},
                           Hook{&exit_program_, &exit_link_, "sched_process_exit"},
                           Hook{&exec_program_, &exec_link_, "sched_process_exec"}}) {
    // The tracepoint's name is part of a tp_btf program.
    *hook.link = UniqueFd(bpf_raw_tracepoint_open(nullptr, hook.program->get()));
    if (!hook.link->valid()) return error_from_errno(fmt::format("attach to {}", hook.tracepoint));
  }
  return {};
}

void BpfPrograms::close_links() {
  exec_link_.reset();
  exit_link_.reset();
  free_link_.reset();
  connect_link_.reset();
}

std::array<BpfPrograms::Named, 14> BpfPrograms::objects() {
  return {{{"ring", &ring_},
           {"drops", &drops_},
           {"watched_names", &watched_names_},
           {"watched_marks", &watched_marks_},
           {"connect_program", &connect_program_},
           {"exec_program", &exec_program_},
           {"exit_program", &exit_program_},
           {"free_program", &free_program_},
           {"sweep_program", &sweep_program_},
           {"connect_link", &connect_link_},
           {"exec_link", &exec_link_},
           {"exit_link", &exit_link_},
           {"free_link", &free_link_},
           {"record", &record_}}};
}

Result<void> BpfPrograms::pin(const PinDirectory& directory) {
  for (const auto& object : objects()) {
    const std::string path = directory.path_of(object.name);
    if (bpf_obj_pin(object.fd->get(), path.c_str()) != 0) return error_from_errno("pin " + path);
  }
  return {};
}

std::optional<BpfPrograms> BpfPrograms::take_over(const PinDirectory& directory,
                                                  const Options& options) {
  BpfPrograms programs;
  programs.ring_bytes_ = options.ring_bytes;
  for (const auto& object : programs.objects()) {
    *object.fd = UniqueFd(bpf_obj_get(directory.path_of(object.name).c_str()));
    if (!object.fd->valid()) return std::nullopt;
  }
  if (read_record(programs.record_.get()).build != build_id(options)) return std::nullopt;
  return programs;
}

Result<std::uint32_t> BpfPrograms::sweep_ended(BootTime before) const {
  return run_sweep(sweep_program_.get(), before);
}

Result<std::optional<BpfPrograms::OldRing>> BpfPrograms::retire_pinned(
    const PinDirectory& directory) {
  OldRing ring{.fd = UniqueFd(bpf_obj_get(directory.path_of("ring").c_str()))};
  const UniqueFd sweep(bpf_obj_get(directory.path_of("sweep_program").c_str()));
  FS_CHECK(directory.clear());
  bpf_map_info info{};
  __u32 length = sizeof info;
  if (!ring.fd.valid() || bpf_obj_get_info_by_fd(ring.fd.get(), &info, &length) != 0 ||
      info.type != BPF_MAP_TYPE_RINGBUF) {
    return std::optional<OldRing>();
  }
  ring.bytes = info.max_entries;
  if (sweep.valid()) FS_CHECK(run_sweep(sweep.get(), BootTime::max()));
  return std::optional(std::move(ring));
}

Result<void> BpfPrograms::replace_watched_names(const std::vector<std::string>& base_names) const {
  using Key = std::array<__u8, FS_COMM_BYTES>;
  static_assert(sizeof(Key) == sizeof(fs_watched_name));
  std::set<Key> wanted;
  for (const auto& name : base_names) {
    Key key{};
    std::copy_n(name.begin(), std::min(name.size(), key.size() - 1), key.begin());
    wanted.insert(key);
  }
  if (wanted.size() > FS_WATCHED_NAMES) {
    return Error(ErrorCode::exhausted,
                 fmt::format("watch {} executables: at most {} are possible", wanted.size(),
                             static_cast<int>(FS_WATCHED_NAMES)));
  }
  std::vector<Key> unwanted;
  Key key{};
  for (const Key* previous = nullptr;
       bpf_map_get_next_key(watched_names_.get(), previous, &key) == 0; previous = &key) {
    if (!wanted.contains(key)) unwanted.push_back(key);
  }
  for (const auto& old : unwanted) bpf_map_delete_elem(watched_names_.get(), &old);
  const __u8 yes = 1;
  __u64 marks = 0;
  for (const auto& name : wanted) {
    if (bpf_map_update_elem(watched_names_.get(), &name, &yes, BPF_ANY) != 0) {
      return error_from_errno("watch an executable");
    }
    marks |= fs_watched_mark(reinterpret_cast<const fs_watched_name*>(name.data()));
  }
  if (bpf_map_update_elem(watched_marks_.get(), &kOnly, &marks, BPF_ANY) != 0)
    return error_from_errno("mark the watched executables");
  return {};
}

BpfPrograms::Losses BpfPrograms::read_losses() const {
  Losses losses{
      .execs = read_skipped_runs(exec_program_.get()),
      .exits = read_skipped_runs(exit_program_.get()) + read_skipped_runs(free_program_.get())};
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return losses;
  std::vector<fs_drop_counters> of_cpus(static_cast<std::size_t>(cpus));
  if (bpf_map_lookup_elem(drops_.get(), &kOnly, of_cpus.data()) != 0) return losses;
  for (const auto& counters : of_cpus) {
    losses.execs += counters.exec_ring_full;
    losses.exits += counters.exit_ring_full;
  }
  return losses;
}

BpfPrograms::Losses BpfPrograms::read_told_losses() const {
  const Record record = read_record(record_.get());
  return {.execs = record.told_lost_execs, .exits = record.told_lost_exits};
}

void BpfPrograms::write_told_losses(const Losses& losses) const {
  Record record = read_record(record_.get());
  record.told_lost_execs = losses.execs;
  record.told_lost_exits = losses.exits;
  // Cannot fail on an array map; if it ever did, a successor would tell some losses twice.
  bpf_map_update_elem(record_.get(), &kOnly, &record, BPF_ANY);
}

}  // namespace foreshock::agent

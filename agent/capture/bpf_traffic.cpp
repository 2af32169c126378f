#include "agent/capture/bpf_traffic.h"

#include <algorithm>
#include <array>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>

#include "agent/bpf/events.h"
#include "bpf/foreshock_traffic.skel.h"
#include "common/os/file.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

namespace {

using Skeleton = std::unique_ptr<foreshock_traffic, decltype(&foreshock_traffic__destroy)>;

/// Whether the running kernel has a tracepoint that BPF programs can be attached to.
bool has_tracepoint(const char* name) {
  const std::unique_ptr<btf, decltype(&btf__free)> kernel(btf__load_vmlinux_btf(), btf__free);
  return kernel && btf__find_by_name_kind(kernel.get(), (std::string("btf_trace_") + name).c_str(),
                                          BTF_KIND_TYPEDEF) > 0;
}

WorkloadTraffic to_traffic(std::uint64_t cgroup_id, const fs_traffic& counted) {
  WorkloadTraffic traffic;
  traffic.cgroup_id = cgroup_id;
  traffic.received = Bytes{counted.received_bytes};
  traffic.sent = Bytes{counted.sent_bytes};
  traffic.accepted = counted.accepted;
  traffic.connected = counted.connected;
  traffic.served_usec_log2.assign(std::begin(counted.lifetimes), std::end(counted.lifetimes));
  while (!traffic.served_usec_log2.empty() && traffic.served_usec_log2.back() == 0)
    traffic.served_usec_log2.pop_back();
  return traffic;
}

}  // namespace

struct BpfTraffic::Impl {
  UniqueFd traffic;
  UniqueFd left_out;
  UniqueFd v2_root;
  std::vector<UniqueFd> links;
  bool counts_bytes = false;

  Result<void> attach_to_cgroup(bpf_program* program, bpf_attach_type where) {
    UniqueFd link(bpf_link_create(bpf_program__fd(program), v2_root.get(), where, nullptr));
    if (!link.valid()) return error_from_errno("count the packets of cgroups");
    links.push_back(std::move(link));
    return {};
  }
  Result<void> attach_to_tracepoint(bpf_program* program) {
    UniqueFd link(bpf_raw_tracepoint_open(nullptr, bpf_program__fd(program)));
    if (!link.valid()) return error_from_errno("attach to a tracepoint of sockets");
    links.push_back(std::move(link));
    return {};
  }
};

BpfTraffic::BpfTraffic(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BpfTraffic::~BpfTraffic() = default;

Result<std::unique_ptr<BpfTraffic>> BpfTraffic::make(const Options& options) {
  libbpf_set_print(nullptr);
  const Skeleton skeleton(foreshock_traffic::open(), foreshock_traffic__destroy);
  if (!skeleton) return error_from_errno("open the BPF programs that count traffic");
  auto& programs = skeleton->progs;
  skeleton->rodata->cgroup_v1 = options.cgroup_v1;
  const bool by_packet = !options.cgroup_v1 && !options.v2_root.empty();
  const bool by_call = options.cgroup_v1 && has_tracepoint("sock_recv_length");
  bpf_program__set_autoload(programs.count_received, by_packet);
  bpf_program__set_autoload(programs.count_sent, by_packet);
  bpf_program__set_autoload(programs.on_received, by_call);
  bpf_program__set_autoload(programs.on_sent, by_call);
  if (const int failed = foreshock_traffic::load(skeleton.get()); failed != 0) {
    return error_from_errno("load the BPF programs that count traffic", -failed);
  }

  auto impl = std::make_unique<Impl>();
  impl->counts_bytes = by_packet || by_call;
  impl->traffic = UniqueFd(::fcntl(bpf_map__fd(skeleton->maps.traffic), F_DUPFD_CLOEXEC, 0));
  impl->left_out =
      UniqueFd(::fcntl(bpf_map__fd(skeleton->maps.traffic_left_out), F_DUPFD_CLOEXEC, 0));
  if (!impl->traffic.valid() || !impl->left_out.valid()) return error_from_errno("keep a BPF map");
  if (by_packet) {
    FS_TRY(impl->v2_root, open_at(AT_FDCWD, options.v2_root, O_RDONLY | O_DIRECTORY));
    FS_CHECK(impl->attach_to_cgroup(programs.count_received, BPF_CGROUP_INET_INGRESS));
    FS_CHECK(impl->attach_to_cgroup(programs.count_sent, BPF_CGROUP_INET_EGRESS));
  }
  if (by_call) {
    FS_CHECK(impl->attach_to_tracepoint(programs.on_received));
    FS_CHECK(impl->attach_to_tracepoint(programs.on_sent));
  }
  FS_CHECK(impl->attach_to_tracepoint(programs.on_socket_state));
  return std::unique_ptr<BpfTraffic>(new BpfTraffic(std::move(impl)));
}

Result<std::vector<WorkloadTraffic>> BpfTraffic::read(
    const std::function<bool(std::uint64_t cgroup_id)>& is_gone) {
  std::vector<WorkloadTraffic> result;
  std::vector<std::uint64_t> gone;
  std::uint64_t key = 0;
  // Bounded, because a workload that is added or removed meanwhile can lead back to the beginning.
  for (std::size_t i = 0; i < FS_TRAFFIC_WORKLOADS; ++i) {
    const std::uint64_t previous = key;
    if (bpf_map_get_next_key(impl_->traffic.get(), i == 0 ? nullptr : &previous, &key) != 0) break;
    fs_traffic counted{};
    if (bpf_map_lookup_elem(impl_->traffic.get(), &key, &counted) != 0) continue;
    result.push_back(to_traffic(key, counted));
    if (is_gone(key)) gone.push_back(key);
  }
  for (const std::uint64_t id : gone) bpf_map_delete_elem(impl_->traffic.get(), &id);
  std::ranges::sort(result, {}, &WorkloadTraffic::cgroup_id);
  return result;
}

std::uint64_t BpfTraffic::left_out() const {
  const __u32 only = 0;
  std::uint64_t count = 0;
  return bpf_map_lookup_elem(impl_->left_out.get(), &only, &count) == 0 ? count : 0;
}

bool BpfTraffic::counts_bytes() const {
  return impl_->counts_bytes;
}

}  // namespace foreshock::agent

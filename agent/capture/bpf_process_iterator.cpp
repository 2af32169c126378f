#include "agent/capture/bpf_process_iterator.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/capture/task_decoder.h"
#include "bpf/foreshock_processes.skel.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

namespace {

/// The kernel hands out what it has gathered in its own buffer of eight pages; a little more than
/// that.
constexpr std::size_t kChunkBytes = std::size_t{40} << 10;

using Skeleton = std::unique_ptr<foreshock_processes, decltype(&foreshock_processes__destroy)>;

Result<Skeleton> load(bool cgroup_v1) {
  libbpf_set_print(nullptr);
  Skeleton skeleton(foreshock_processes::open(), foreshock_processes__destroy);
  if (!skeleton) return error_from_errno("open the BPF process iterator");
  skeleton->rodata->cgroup_v1 = cgroup_v1;
  skeleton->rodata->page_bytes = static_cast<__u32>(::sysconf(_SC_PAGESIZE));
  if (const int failed = foreshock_processes::load(skeleton.get()); failed != 0) {
    return error_from_errno("load the BPF process iterator", -failed);
  }
  return skeleton;
}

}  // namespace

struct BpfProcessIterator::Impl {
  UniqueFd link;
  std::array<std::byte, kChunkBytes> chunk;
};

BpfProcessIterator::BpfProcessIterator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BpfProcessIterator::~BpfProcessIterator() = default;

Result<std::unique_ptr<BpfProcessIterator>> BpfProcessIterator::make(bool cgroup_v1) {
  FS_TRY(const Skeleton skeleton, load(cgroup_v1));
  auto impl = std::make_unique<Impl>();
  // The link keeps the program; the skeleton, and with it its copy of the object file, can go.
  impl->link = UniqueFd(
      bpf_link_create(bpf_program__fd(skeleton->progs.look_at_task), 0, BPF_TRACE_ITER, nullptr));
  if (!impl->link.valid()) return error_from_errno("attach the BPF process iterator");
  return std::unique_ptr<BpfProcessIterator>(new BpfProcessIterator(std::move(impl)));
}

Result<void> BpfProcessIterator::look(std::vector<ProcessUse>& into) {
  into.clear();
  const UniqueFd pass(bpf_iter_create(impl_->link.get()));
  if (!pass.valid()) return error_from_errno("begin a pass over all processes");
  TaskDecoder decoder(into);
  auto& chunk = impl_->chunk;
  std::size_t kept = 0;
  while (true) {
    const ssize_t n = ::read(pass.get(), chunk.data() + kept, chunk.size() - kept);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return error_from_errno("read the processes");
    if (n == 0) break;
    const std::size_t filled = kept + static_cast<std::size_t>(n);
    FS_TRY(const std::size_t used, decoder.add(ByteView(chunk).first(filled)));
    kept = filled - used;
    std::copy_n(chunk.begin() + static_cast<std::ptrdiff_t>(used), kept, chunk.begin());
  }
  decoder.finish();
  return {};
}

}  // namespace foreshock::agent

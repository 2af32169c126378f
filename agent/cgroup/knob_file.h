#pragma once

#include <cstdint>

#include "agent/cgroup/cgroup_dir.h"
#include "common/base/result.h"
#include "common/model/adjustment.h"
#include "common/os/unique_fd.h"

namespace foreshock::agent {

/// One knob of one cgroup with its file held open: one system call to read, one to write, no path.
/// A descriptor never becomes another cgroup's: when the cgroup is gone both fail. Any thread.
class KnobFile {
 public:
  /// `dir` is the cgroup in the tree of the knob's controller. `not_found` when it has no such
  /// file, `unsupported` when this version of cgroups has no such knob.
  static Result<KnobFile> open(const CgroupDir& dir, Knob knob, bool is_v1);

  Result<KnobValue> read() const;
  /// What is written is not read back. The period of cpu_max stays what it was at open().
  Result<void> write(KnobValue value) const;

  Knob knob() const { return knob_; }

 private:
  KnobFile(UniqueFd fd, Knob knob, bool is_v1) : fd_(std::move(fd)), knob_(knob), is_v1_(is_v1) {}
  KnobValue parse(std::string_view text, bool& understood) const;

  UniqueFd fd_;
  Knob knob_;
  bool is_v1_;
  std::uint64_t period_usec_ = 0;  ///< cpu_max only
};

}  // namespace foreshock::agent

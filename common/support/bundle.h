#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace foreshock {

/// The text that `support-bundle` writes: what somebody who cannot see the host needs to know.
/// Sections under headings; what could not be found out says why.
class SupportBundle {
 public:
  void add(std::string_view title, const Result<std::string>& text);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Kernel, distribution, cgroup and BPF file systems, and the switches that BPF depends on.
std::string describe_system();
/// "key = value" lines; what could be a secret by its key's name is left out.
std::string describe_configuration(const std::map<std::string, std::string>& values);
/// The last lines of the unit's log, from the journal; `unavailable` says why there are none.
Result<std::string> read_unit_log(const std::string& unit);

}  // namespace foreshock

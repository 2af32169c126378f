#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "coordinator/model/tag.h"

namespace foreshock::coordinator {

/// What a tagger knows of a workload.
struct TaggedSubject {
  Workload workload;
  std::vector<std::string> signatures;  ///< that ran in it lately
  std::size_t commands = 0;             ///< so many
  std::size_t with_terminal = 0;        ///< of these
};

class Tagger {
 public:
  virtual ~Tagger() = default;
  virtual std::vector<Tag> tag(const std::vector<TaggedSubject>& subjects) const = 0;
};

}  // namespace foreshock::coordinator

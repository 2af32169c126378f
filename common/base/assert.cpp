#include "common/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace foreshock {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "level=critical event=assertion_failed file=%s line=%d expression=\"%s\"\n",
               file, line, expression);
  std::abort();
}

}  // namespace foreshock

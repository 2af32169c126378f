// Any request target: it is refused, or its parts, put together again, are taken apart to the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/assert.h"
#include "common/http/route_table.h"
#include "common/http/url.h"

namespace {

using foreshock::encode_url;
using foreshock::parse_target;

/// One route; what fits none is 404, what cannot be read 400.
const foreshock::RouteTable& routes() {
  static const auto table = [] {
    foreshock::RouteTable made;
    const auto answer = [](const foreshock::HttpRequest&) { return foreshock::HttpResponse{}; };
    made.add("GET", "/v1/agents/:key/approve", answer);
    return made;
  }();
  return table;
}

std::string put_together(const foreshock::UrlTarget& parts) {
  std::string target = "/";
  for (const auto& segment : parts.segments) target += encode_url(segment) + "/";
  char separator = '?';
  for (const auto& [name, value] : parts.query) {
    target += separator + encode_url(name) + "=" + encode_url(value);
    separator = '&';
  }
  return target;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  const auto parts = parse_target(target);
  const auto answer = routes().answer("GET", target, "");
  FS_ASSERT((answer.status == 400) == !parts);
  if (!parts) return 0;
  const auto again = parse_target(put_together(*parts));
  FS_ASSERT(again && again->segments == parts->segments && again->query == parts->query);
  return 0;
}

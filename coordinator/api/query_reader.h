#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "common/http/http_server.h"

namespace foreshock::coordinator {

/// The parameters of a request with typed look-ups. The first failure is kept; a parameter that
/// nobody looked up is one too, because a misspelt filter that is ignored shows what nobody asked
/// for.
class QueryReader {
 public:
  explicit QueryReader(const HttpRequest& request) : request_(request) {}

  std::optional<std::string> text(const std::string& name);
  /// 1 to `most`.
  std::size_t count(const std::string& name, std::size_t otherwise, std::size_t most);
  /// "5min", "24h".
  std::optional<std::chrono::nanoseconds> duration(const std::string& name);
  /// "1" or "true", "0" or "false".
  bool flag(const std::string& name);
  void fail(const std::string& name, const std::string& what);

  /// `invalid_argument` naming the parameter, or success.
  Result<void> finish() const;

 private:
  const HttpRequest& request_;
  std::set<std::string> known_;
  std::optional<Error> failure_;
};

}  // namespace foreshock::coordinator

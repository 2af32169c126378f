#include "coordinator/api/query_reader.h"

#include <charconv>

#include <fmt/format.h>

#include "common/config/toml_document.h"

namespace foreshock::coordinator {

std::optional<std::string> QueryReader::text(const std::string& name) {
  known_.insert(name);
  const auto found = request_.query.find(name);
  if (found == request_.query.end()) return std::nullopt;
  return found->second;
}

std::size_t QueryReader::count(const std::string& name, std::size_t otherwise, std::size_t most) {
  const auto value = text(name);
  if (!value) return otherwise;
  std::size_t number = 0;
  const char* end = value->data() + value->size();
  const auto result = std::from_chars(value->data(), end, number);
  if (result.ec == std::errc() && result.ptr == end && number >= 1 && number <= most) return number;
  fail(name, fmt::format("expected a number from 1 to {}, got \"{}\"", most, *value));
  return otherwise;
}

std::optional<std::chrono::nanoseconds> QueryReader::duration(const std::string& name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto duration = parse_duration(*value);
  if (duration) return *duration;
  fail(name, duration.error().message());
  return std::nullopt;
}

bool QueryReader::flag(const std::string& name) {
  const auto value = text(name);
  if (!value || *value == "0" || *value == "false") return false;
  if (*value == "1" || *value == "true") return true;
  fail(name, fmt::format("expected 1 or 0, got \"{}\"", *value));
  return false;
}

void QueryReader::fail(const std::string& name, const std::string& what) {
  if (!failure_)
    failure_ = Error(ErrorCode::invalid_argument, fmt::format("parameter {}: {}", name, what));
}

Result<void> QueryReader::finish() const {
  if (failure_) return *failure_;
  for (const auto& [name, value] : request_.query) {
    if (known_.contains(name)) continue;
    std::string known;
    for (const auto& word : known_) known += (known.empty() ? "" : ", ") + word;
    return Error(ErrorCode::invalid_argument,
                 fmt::format("parameter {}: not known here (known: {})", name,
                             known.empty() ? "none" : known));
  }
  return {};
}

}  // namespace foreshock::coordinator

#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "common/base/result.h"

namespace foreshock::coordinator {

struct FetchLimits {
  std::size_t bytes = std::size_t{8} << 20;
  std::chrono::seconds time{10};
};

/// What an http or https URL answers, at most three redirections on, certificates checked. Errors
/// name the URL (without a password in it) and the cause. Blocks.
Result<std::string> fetch_url(const std::string& url, const FetchLimits& limits = {});

}  // namespace foreshock::coordinator

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace foreshock::test {

/// Runs `program` (with its number as argument) again and again at about `per_second`, waiting for
/// each to end, until `count` have run well; the count is the ground truth. `between(n)` is called
/// before each run.
std::size_t generate_execs(const std::string& program, std::size_t count, double per_second,
                           const std::function<void(std::size_t)>& between = {});

/// A copy of a small program that ends at once, under a name of its own.
std::string make_named_program(const std::string& directory, const std::string& name);

}  // namespace foreshock::test

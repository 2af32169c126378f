#pragma once

#include <functional>
#include <stop_token>
#include <thread>

namespace foreshock {

/// A thread that shows `name` (at most 15 characters) in ps and top, and stops when it is
/// destroyed. Blocks all signals: they are read by the event loop.
std::jthread start_thread(const char* name, std::function<void(std::stop_token)> body);

}  // namespace foreshock

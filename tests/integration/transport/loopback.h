#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "common/wire/curve_keys.h"
#include "common/wire/zmq_socket.h"

namespace foreshock {

/// Generous: no test waits so long unless it fails.
inline constexpr std::chrono::seconds kPatience{60};

/// Takes turns until the condition holds; false when patience ends first.
inline bool wait_until(const std::function<bool()>& holds, const std::function<void()>& turn) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    turn();
  }
  return true;
}

inline CurveKeyPair make_keys() {
  auto keys = make_curve_key_pair();
  EXPECT_TRUE(keys);
  return *std::move(keys);
}

/// Lets in the keys it was given, and remembers who asked.
class ListAuthority final : public KeyAuthority {
 public:
  bool may_connect(const std::string& public_key, const std::string& address) override {
    asked.insert(public_key);
    last_address = address;
    return admitted.contains(public_key);
  }
  std::set<std::string> admitted;
  std::set<std::string> asked;
  std::string last_address;
};

}  // namespace foreshock

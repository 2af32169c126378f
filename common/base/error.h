#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace foreshock {

/// What a caller can do about a failure. The enumerator is the advice, the message is for people.
enum class ErrorCode {
  invalid_argument,   ///< the input is wrong: fix it, retrying is useless
  not_found,          ///< the thing is not there (any more)
  permission_denied,  ///< more privileges or another owner are needed
  unavailable,        ///< not now: retry with back-off
  unsupported,        ///< this kernel, host or version cannot do it
  corrupt,            ///< stored or received bytes are damaged: drop them, count them
  exhausted,          ///< a bound was reached
  conflict,           ///< somebody else changed it: read again, decide again
  io,                 ///< the operating system reported an error
};

std::string_view to_string(ErrorCode code);

/// A failure on its way up. Says operation, object, cause: "write memory.high of /a: Permission
/// denied".
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// The same error with "operation: " put before its message.
  Error in(std::string_view operation) const {
    return {code_, std::string(operation) + ": " + message_};
  }

 private:
  ErrorCode code_;
  std::string message_;
};

/// Makes an Error of `errno` (or the given number), its code chosen from the number.
Error error_from_errno(std::string_view operation, int error_number);
Error error_from_errno(std::string_view operation);

}  // namespace foreshock

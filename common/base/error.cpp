#include "common/base/error.h"

#include <cerrno>
#include <system_error>

namespace foreshock {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::exhausted:
      return "exhausted";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::io:
      return "io";
  }
  return "io";
}

namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ESRCH:
    case ENODEV:
      return ErrorCode::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::permission_denied;
    case EAGAIN:
    case EINTR:
    case EBUSY:
    case ECONNREFUSED:
      return ErrorCode::unavailable;
    case EINVAL:
      return ErrorCode::invalid_argument;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::unsupported;
    case ENOSPC:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EDQUOT:
      return ErrorCode::exhausted;
    case EEXIST:
    case EADDRINUSE:
      return ErrorCode::conflict;
    default:
      return ErrorCode::io;
  }
}

}  // namespace

Error error_from_errno(std::string_view operation, int error_number) {
  return {code_of(error_number),
          std::string(operation) + ": " + std::system_category().message(error_number)};
}

Error error_from_errno(std::string_view operation) {
  return error_from_errno(operation, errno);
}

}  // namespace foreshock

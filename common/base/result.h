#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "common/base/assert.h"
#include "common/base/error.h"

namespace foreshock {

/// A value or the Error that prevented it; shaped like std::expected<T, Error>, so that it can
/// become it.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {
  }  // NOLINT(google-explicit-constructor): as std::expected
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {
  }  // NOLINT(google-explicit-constructor): as std::unexpected

  /// Also from anything a T is made of, so that `return derived_ptr;` works.
  template <typename U>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {
  }  // NOLINT(google-explicit-constructor): as std::expected

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return checked(); }
  const T& value() const& { return const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(checked()); }
  T& operator*() & { return checked(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    FS_ASSERT(!has_value());
    return std::get<1>(state_);
  }

  T value_or(T other) && { return has_value() ? std::move(checked()) : std::move(other); }

 private:
  T& checked() {
    FS_ASSERT(has_value());
    return std::get<0>(state_);
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error)
      : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor): as std::unexpected

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  const Error& error() const {
    FS_ASSERT(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace foreshock

#define FS_RESULT_CONCAT_(a, b) a##b
#define FS_RESULT_CONCAT(a, b) FS_RESULT_CONCAT_(a, b)

/// FS_TRY(auto file, open_at(dir, name)): the value, or the error handed up.
#define FS_TRY(declaration, expression) \
  FS_TRY_IMPL(declaration, expression, FS_RESULT_CONCAT(fs_result_, __LINE__))
#define FS_TRY_IMPL(declaration, expression, result) \
  auto result = (expression);                        \
  if (!result) return result.error();                \
  declaration = *std::move(result)

/// FS_CHECK(write_all(fd, bytes)): the error handed up, for calls that return no value.
#define FS_CHECK(expression)                                                 \
  do {                                                                       \
    if (auto fs_check_ = (expression); !fs_check_) return fs_check_.error(); \
  } while (false)

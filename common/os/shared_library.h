#pragma once

#include <string>
#include <utility>

#include "common/base/result.h"

namespace foreshock {

/// A library that is loaded when it is first needed and not with the program, because few runs of
/// it do: what it and the libraries below it cost in memory and at the start is theirs alone. The
/// package must name it as a dependency, which linking would have done. Stays until the process
/// ends.
class SharedLibrary {
 public:
  /// @param name  with its version: "libz.so.1". `unsupported`: not there.
  static Result<SharedLibrary> load(const std::string& name);

  /// Fills in the address of the C function of that name. `unsupported`: the library has none.
  template <typename Function>
  Result<void> find(const char* name, Function*& function) const {
    FS_TRY(void* const address, address_of(name));
    function = reinterpret_cast<Function*>(address);
    return {};
  }

 private:
  SharedLibrary(std::string name, void* handle) : name_(std::move(name)), handle_(handle) {}
  Result<void*> address_of(const char* name) const;

  std::string name_;
  void* handle_;
};

}  // namespace foreshock

#include "common/os/shared_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace foreshock {

Result<SharedLibrary> SharedLibrary::load(const std::string& name) {
  void* const handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return Error(ErrorCode::unsupported, fmt::format("load {}", ::dlerror()));
  return SharedLibrary(name, handle);
}

Result<void*> SharedLibrary::address_of(const char* name) const {
  void* const address = ::dlsym(handle_, name);
  if (address == nullptr)
    return Error(ErrorCode::unsupported, fmt::format("load {}: it has no {}", name_, name));
  return address;
}

}  // namespace foreshock

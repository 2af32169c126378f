#include "common/os/shared_library.h"

#include <gtest/gtest.h>

namespace foreshock {

TEST(SharedLibrary, its_functions_can_be_called) {
  const auto library = SharedLibrary::load("libz.so.1");
  ASSERT_TRUE(library) << library.error().message();
  const char* (*version)() = nullptr;
  ASSERT_TRUE(library->find("zlibVersion", version));
  EXPECT_STRNE(version(), "");
}

TEST(SharedLibrary, errors_name_what_is_missing) {
  const auto missing = SharedLibrary::load("libnobody.so.9");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("libnobody.so.9"), std::string::npos);

  const auto library = SharedLibrary::load("libz.so.1");
  ASSERT_TRUE(library);
  void (*function)() = nullptr;
  const auto found = library->find("no_such_function", function);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message(), "load libz.so.1: it has no no_such_function");
}

}  // namespace foreshock

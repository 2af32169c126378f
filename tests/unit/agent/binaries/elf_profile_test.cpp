#include "agent/binaries/elf_profile.h"

#include <algorithm>
#include <numeric>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/os/file.h"

namespace foreshock::agent {
namespace {

UniqueFd open_for_reading(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

UniqueFd file_of(std::string_view bytes) {
  UniqueFd fd(::memfd_create("binary", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), std::as_bytes(std::span(bytes))));
  return fd;
}

float share_of(const BinaryProfile& profile, OpcodeKind kind) {
  return profile.traits.mix.at(static_cast<std::size_t>(kind));
}

TEST(ElfProfile, describes_the_program_that_runs_this_test) {
  const auto profile = profile_elf(open_for_reading("/proc/self/exe").get());
  ASSERT_TRUE(profile) << profile.error().message();
  const BinaryTraits& traits = profile->traits;
  EXPECT_NE(profile->id, 0u);
  EXPECT_GT(traits.text.count, 10'000u);
  EXPECT_GT(traits.file.count, traits.text.count);
  EXPECT_GT(traits.instructions, 1000u);
  EXPECT_GT(traits.imports, 10u);
  EXPECT_TRUE(std::ranges::any_of(profile->libraries, [](const std::string& library) {
    return library.starts_with("libc.so");
  }));
  EXPECT_EQ(traits.libraries, profile->libraries.size());
  EXPECT_NEAR(std::accumulate(traits.mix.begin(), traits.mix.end(), 0.0), 1, 1e-3);
  // What any compiled program of some size has.
  for (const auto kind : {OpcodeKind::arithmetic, OpcodeKind::load, OpcodeKind::store,
                          OpcodeKind::branch, OpcodeKind::call})
    EXPECT_GT(share_of(*profile, kind), 0.01) << to_string(kind);
  EXPECT_GT(traits.cycles, 0.3);
  EXPECT_LT(traits.cycles, 3);
  EXPECT_GT(traits.complexity, 8);
}

TEST(ElfProfile, the_same_contents_have_the_same_identity) {
  const auto bytes = read_file("/proc/self/exe", std::size_t{1} << 30);
  ASSERT_TRUE(bytes);
  const auto original = profile_elf(open_for_reading("/proc/self/exe").get());
  const auto copy = profile_elf(file_of(*bytes).get());
  const auto longer = profile_elf(file_of(*bytes + "x").get());
  ASSERT_TRUE(original && copy && longer);
  EXPECT_EQ(original->id, copy->id);
  EXPECT_EQ(*original, *copy);
  EXPECT_NE(original->id, longer->id);
}

TEST(ElfProfile, refuses_what_is_no_program) {
  for (const std::string_view bytes : {"", "#!/bin/sh\n",
                                       "\x7f"
                                       "ELF",
                                       "\x7f"
                                       "ELF\2\1\1"}) {
    const auto profile = profile_elf(file_of(bytes).get());
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().code(), ErrorCode::unsupported);
  }
  EXPECT_FALSE(profile_elf(open_for_reading("/").get()));
  EXPECT_FALSE(profile_elf(-1));
}

/// Cut anywhere, with the rest of the header still promising what is not there.
TEST(ElfProfile, survives_a_file_that_was_cut) {
  const auto bytes = read_file("/proc/self/exe", std::size_t{1} << 30);
  ASSERT_TRUE(bytes);
  for (std::size_t size = 0; size < bytes->size(); size += 1 + bytes->size() / 61) {
    const auto profile = profile_elf(file_of(std::string_view(*bytes).substr(0, size)).get());
    if (profile) {
      EXPECT_LE(profile->traits.text.count, size);
    }
  }
}

}  // namespace
}  // namespace foreshock::agent

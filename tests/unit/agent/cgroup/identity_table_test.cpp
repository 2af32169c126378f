#include "agent/cgroup/identity_table.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "agent/cgroup/container_names.h"
#include "tests/support/temp_dir.h"

namespace foreshock::agent {
namespace {

using namespace std::chrono_literals;

const std::string kId(64, 'a');
const std::string kDocker = "/docker/" + kId;

BootTime at(Nanoseconds time) {
  return BootTime(time);
}

TEST(IdentityTable, tells_an_identity_once_and_again_after_a_while) {
  IdentityTable table(10, [](const WorkloadIdentity&) { return std::nullopt; });
  table.of("/system.slice/a.service", at(1s));
  table.of("/plain", at(1s));
  auto told = table.take_untold(at(1s));
  ASSERT_EQ(told.size(), 1u) << "nothing is known of /plain";
  EXPECT_EQ(told[0].unit, "a.service");
  table.of("/system.slice/a.service", at(2s));
  EXPECT_TRUE(table.take_untold(at(2s)).empty());
  EXPECT_TRUE(table.take_untold(at(20min)).empty()) << "it was not asked for";
  table.of("/system.slice/a.service", at(20min));
  EXPECT_EQ(table.take_untold(at(20min)).size(), 1u);
}

TEST(IdentityTable, fills_in_a_name_that_resolves_late) {
  std::optional<std::string> name;
  int looks = 0;
  IdentityTable table(10, [&](const WorkloadIdentity&) {
    ++looks;
    return name;
  });
  EXPECT_EQ(table.of(kDocker, at(1s)).container_name, "");
  EXPECT_EQ(table.take_untold(at(1s)).at(0).container_id, kId);
  table.of(kDocker, at(1100ms));
  EXPECT_EQ(looks, 1) << "not at each look";
  name = "web";
  EXPECT_EQ(table.of(kDocker, at(3s)).container_name, "web");
  EXPECT_EQ(table.take_untold(at(3s)).at(0).container_name, "web");
  table.of(kDocker, at(4s));
  EXPECT_EQ(looks, 2) << "a known name is not looked up";
}

TEST(IdentityTable, gives_up_on_a_name_and_keeps_the_id) {
  int looks = 0;
  IdentityTable table(10, [&looks](const WorkloadIdentity&) {
    ++looks;
    return std::nullopt;
  });
  for (int minute = 0; minute < 60; ++minute) table.of(kDocker, at(1min * minute));
  EXPECT_LT(looks, 10);
  EXPECT_EQ(table.of(kDocker, at(2h)).container_id, kId);
}

TEST(IdentityTable, starts_anew_when_it_is_full) {
  IdentityTable table(2, [](const WorkloadIdentity&) { return std::nullopt; });
  for (int i = 0; i < 5; ++i) table.of("/s.slice/" + std::to_string(i) + ".service", at(1s));
  EXPECT_LE(table.take_untold(at(1s)).size(), 2u);
}

class ContainerNames : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::optional<std::string> find(const std::string& runtime, const std::string& pod = "") {
    WorkloadIdentity identity;
    identity.container_runtime = runtime;
    identity.container_id = kId;
    identity.pod = pod;
    return read_container_name(root_.path(), identity);
  }
  test::TempDir root_;
};

TEST_F(ContainerNames, are_read_from_the_files_of_each_runtime) {
  write("var/lib/docker/containers/" + kId + "/config.v2.json", R"({"ID":"x","Name":"/web"})");
  write("var/lib/containers/storage/overlay-containers/containers.json",
        R"([{"id":"other","names":["a"]},{"id":")" + kId + R"(","names":["db","x"]}])");
  write("var/lib/nerdctl/1935db59/names/default/cache", kId + "\n");
  write("var/log/containers/api-0_prod_main-" + kId + ".log", "");
  EXPECT_EQ(find("docker"), "web");
  EXPECT_EQ(find("podman"), "db");
  EXPECT_EQ(find("containerd"), "cache");
  EXPECT_EQ(find("containerd", "uid"), "prod/api-0/main");
}

TEST_F(ContainerNames, are_absent_where_files_are_missing_or_damaged) {
  EXPECT_EQ(find("docker"), std::nullopt);
  EXPECT_EQ(find("lxc"), std::nullopt);
  write("var/lib/docker/containers/" + kId + "/config.v2.json", R"({"Name":7)");
  write("var/lib/containers/storage/overlay-containers/containers.json", R"({"id":1})");
  EXPECT_EQ(find("docker"), std::nullopt);
  EXPECT_EQ(find("podman"), std::nullopt);
}

}  // namespace
}  // namespace foreshock::agent
